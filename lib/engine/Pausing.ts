import type { JobState } from '../JobState.js';
import type { PauseOptions } from '../flow/TaskContext.js';

/** A pause that waits for the job to be quiet. */
interface Asked {
  readonly options: PauseOptions;
  readonly quiet: Promise<JobState>;
  readonly answer: (state: JobState) => void;
}

/** The pause that is asked for. It closes the gate at once, and is answered when what was in flight has ended, or when something else decides on the job. */
export class Pausing {
  #asked: Asked | undefined = undefined;

  /** The pause that still waits. */
  get asked(): PauseOptions | undefined {
    return this.#asked?.options;
  }

  /** A second call joins the first. */
  ask(options: PauseOptions): Promise<JobState> {
    return (this.#asked ??= asking(options)).quiet;
  }

  /** Answers the pause that waits, if one does. */
  answer(state: JobState): void {
    const asked = this.#asked;
    this.#asked = undefined;
    asked?.answer(state);
  }
}

const asking = (options: PauseOptions): Asked => {
  let answer: Asked['answer'] = () => undefined;
  const quiet = new Promise<JobState>((resolve) => (answer = resolve));
  return { options, quiet, answer };
};
