import { checkKnown, checkText } from '../flow/checkOption.js';
import { PAUSE_OPTIONS, type PauseOptions } from '../flow/TaskContext.js';
import { jobError } from '../job/JobError.js';
import { checkTransition } from '../job/JobStatus.js';
import type { Ledger } from '../job/Ledger.js';
import { paused } from '../job/noteJob.js';
import { copyGiven } from '../prelude/plainObject.js';
import { checkKept, type Keeping } from './checkKept.js';
import type { Toggle } from './gate.js';

/** A job as it is paused and resumed. */
export interface PausedJob<R> {
  readonly run: R;
  readonly ledger: Ledger;
  readonly plan: Keeping;
  readonly handles: { readonly state: object };
  readonly engine: PausingEngine<R>;
  readonly progress: { readonly queued: number };
  /** What watches it, if anything does. */
  readonly views: { progress(): void } | undefined;
}

interface PausingEngine<R> {
  readonly drain: { change(work: () => void): void };
  readonly toggle$: { next(toggle: Toggle<R>): void };
  readonly released$: { next(run: R): void };
}

/** A pause that waits for the job to be quiet. */
interface Asked {
  readonly options: PauseOptions;
  readonly quiet: Promise<object>;
  readonly answer: (state: object) => void;
}

/** Told of a pause that takes hold, and of a resume. */
interface PausingEvents {
  /** The job is quiet. */
  stand(): void;
  /** It goes on. */
  goOn(): void;
}

/**
 * Pauses and resumes one job: a pause closes the gate at once, and resolves when nothing is in flight any more, or when the job is
 * resumed or ends before.
 */
export class Pausing<R> {
  #asked: Asked | undefined = undefined;

  constructor(
    private readonly job: PausedJob<R>,
    private readonly events: PausingEvents,
  ) {}

  /**
   * Closes the gate: nothing new starts. Resolves when what is in flight has ended. A second call joins the first.
   *
   * @throws JobError `ILLEGAL_TRANSITION`
   */
  pause(options: PauseOptions): Promise<object> {
    return this.ask(readPause(options, this.job.plan));
  }

  /** The same with options that have been read: no code of the user runs. */
  ask(options: PauseOptions): Promise<object> {
    const { ledger } = this.job;
    if (this.#asked !== undefined) return this.#asked.quiet;
    checkTransition(ledger.data.jobId, ledger.data.status, 'paused');
    this.#asked = asking(options);
    const { quiet } = this.#asked;
    this.#close();
    return quiet;
  }

  /** Whether a pause waits for the job to be quiet. */
  get isAsked(): boolean {
    return this.#asked !== undefined;
  }

  #close(): void {
    const { engine, run } = this.job;
    engine.drain.change(() => {
      if (this.#asked === undefined) return;
      engine.toggle$.next({ run, open: false });
      this.job.views?.progress();
      engine.released$.next(run);
    });
  }

  /** Nothing is in flight behind the closed gate: the pause takes hold. */
  quietDown(): void {
    const { ledger, progress, handles } = this.job;
    const asked = this.#asked;
    if (asked === undefined) return;
    const { reason, checkpoint } = asked.options;
    // First, so that who follows the progress is not told of a pause that waits.
    this.#asked = undefined;
    paused(ledger, reason, checkpoint, progress.queued);
    this.events.stand();
    asked.answer(handles.state);
  }

  /**
   * Opens the gate again; a pause that still waits is withdrawn.
   *
   * @throws JobError `ILLEGAL_TRANSITION`
   */
  resume(): void {
    const { ledger, engine } = this.job;
    const { jobId, status } = ledger.data;
    if (!this.#isHeld) throw jobError('ILLEGAL_TRANSITION', { jobId, from: status, to: 'running' });
    engine.drain.change(() => {
      if (!this.#isHeld) return;
      this.answer();
      this.job.views?.progress();
      this.events.goOn();
    });
  }

  /** Whether the job is paused, or a pause waits. */
  get #isHeld(): boolean {
    return this.#asked !== undefined || this.job.ledger.data.status === 'paused';
  }

  /** Answers the pause that waits, if one does. */
  answer(): void {
    const asked = this.#asked;
    this.#asked = undefined;
    asked?.answer(this.job.handles.state);
  }
}

/** What a pause is asked with, read once. @throws FlowError `BAD_OPTION`, `NOT_SERIALISABLE` if a job that commits could not be written with it */
export const readPause = (options: PauseOptions, plan: Keeping | undefined): PauseOptions => {
  const { reason, checkpoint } = checkKnown(options, PAUSE_OPTIONS);
  checkText('reason', reason);
  if (plan !== undefined) checkKept(plan, checkpoint, () => 'The checkpoint of a pause');
  return { reason, checkpoint: copyGiven(checkpoint, true) };
};

const asking = (options: PauseOptions): Asked => {
  let answer: Asked['answer'] = () => undefined;
  const quiet = new Promise<object>((resolve) => (answer = resolve));
  return { options, quiet, answer };
};
