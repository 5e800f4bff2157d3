import type { JobState } from '../JobState.js';
import type { PauseOptions } from './Context.js';

/** A pause that waits for the job to be quiet. */
interface Pausing {
  readonly options: PauseOptions;
  readonly quiet: Promise<JobState>;
  readonly answer: (state: JobState) => void;
}

/**
 * What stands between the queue of a job and the workers. Closed, it buffers: nothing starts. A pause closes it at once and
 * is answered later, when what was at work has ended, or when something else decides on the job.
 */
export class Gate {
  isOpen = false;
  #pausing: Pausing | undefined;

  /** The pause that still waits. */
  get asked(): PauseOptions | undefined {
    return this.#pausing?.options;
  }

  /** Closes for a pause; a second call joins the first. */
  pause(options: PauseOptions): Promise<JobState> {
    this.isOpen = false;
    return (this.#pausing ??= asking(options)).quiet;
  }

  /** Answers the pause that waits, if one does. */
  answer(state: JobState): void {
    const pausing = this.#pausing;
    this.#pausing = undefined;
    pausing?.answer(state);
  }
}

const asking = (options: PauseOptions): Pausing => {
  let answer: Pausing['answer'] = () => undefined;
  const quiet = new Promise<JobState>((resolve) => (answer = resolve));
  return { options, quiet, answer };
};
