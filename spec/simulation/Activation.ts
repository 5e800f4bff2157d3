import type { Kind } from '../support/arbitrary.js';

/** What is known of a handler call at one instant. */
export interface Glimpse {
  /** The task and its attempt. */
  readonly key: string;
  /** Routine, slot, attempt, payload. */
  readonly line: string;
  /** Whether it has to be done again where its job is taken up from here: it has not ended, it has, or nobody can tell. */
  readonly again: 'must' | 'not' | 'may';
  /** It has succeeded, and the engine knows it. */
  readonly over: boolean;
}

/** One call of a handler, as its stage sees it, without asking the engine. */
export class Activation {
  state: 'at work' | 'done' | 'failed' = 'at work';
  /** Promises that it has left behind. */
  tracks = 0;

  constructor(
    readonly key: string,
    readonly line: string,
    readonly kind: Kind,
  ) {}

  end(state: 'done' | 'failed'): void {
    if (this.state !== 'failed') this.state = state;
  }

  track(left: Promise<void>): void {
    this.tracks++;
    left.then(
      () => this.tracks--,
      () => {
        this.state = 'failed';
      },
    );
  }

  /** At an instant of its own: whatever has ended was heard of. */
  glimpse(): Glimpse {
    const { key, line, kind, state, tracks } = this;
    const isOpen = state === 'at work' || (state === 'done' && tracks > 0);
    // A promise is done a little before the engine hears of it.
    return { key, line, again: isOpen ? 'must' : 'not', over: state === 'done' && tracks === 0 && kind !== 'promise' };
  }
}
