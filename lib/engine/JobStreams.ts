import { NO_DATA } from '../flow/Data.js';
import type { TaskOutcome } from '../job/JobRecord.js';
import type { Failure } from '../job/Settled.js';
import type { RoutineData } from '../job/RoutineData.js';
import type { DescribedRoutine } from '../flow/DescribedRoutine.js';
import type { Plan, Routine, Slot } from '../plan/Plan.js';
import type { Scope } from '../prelude/Scope.js';
import { Attempt } from './Attempt.js';
import { Arrival } from './Emission.js';
import { type DecidedJob, failureOf, outcomeWithoutRetry } from './outcome.js';
import { noteFailure, type SettledJob } from './settlement.js';
import { RoutineStreams } from './RoutineStreams.js';
import { bringStreams, noteKind, type Stream, type StreamingJob, type StreamKind } from './streamKinds.js';
import { Task } from './Task.js';

/** A job as its streams see it. */
export interface StreamedJob<R extends DecidedJob> extends SettledJob<R> {
  readonly run: SettledJob<R>['run'] & { readonly scope: Scope | undefined };
  readonly plan: Plan;
  readonly options: { readonly entryRoutineId: string };
  readonly routines: { of(routine: Routine): RoutineData };
  readonly engine: SettledJob<R>['engine'] & FeedingEngine<R>;
  readonly emissions: SettledJob<R>['emissions'] & StreamingJob['emissions'];
  streams: JobStreams<R> | undefined;
}

interface FeedingEngine<R> {
  readonly drain: { refresh(): void; change(work: () => void): void };
  readonly released$: { next(run: R): void };
}

/** The streams of a job, made when first asked for: most jobs have none. */
export const streamsOf = <R extends DecidedJob>(job: StreamedJob<R>): JobStreams<R> => (job.streams ??= new JobStreams(job));

/** Makes a routine one that keeps streams, and sees to it that jobs can have some. */
export const keepStreams = <P extends DescribedRoutine>(routine: P, kind: StreamKind): P => {
  bringStreams(streamsOf);
  return noteKind(routine, kind);
};

/**
 * The streams of one job, beside its tasks: those of its routines (operators, sources), and feeds from outside. They hold no worker.
 * A stream may hold the job open until it is released, and stops with the job.
 */
export class JobStreams<R extends DecidedJob> {
  #ofRoutines: RoutineStreams | undefined;
  readonly #holds = new Set<() => void>();
  /** Failures that are told when the gate opens. */
  #atOpening: (() => void)[] = [];

  constructor(private readonly job: StreamedJob<R>) {}

  /** How many streams hold the job open. */
  get size(): number {
    return this.#holds.size;
  }

  /** The gate is about to open: failures of streams are told that came while it was closed. */
  reopen(): void {
    for (const work of this.#atOpening.splice(0)) work();
  }

  /** Opens the streams of the routines, once. */
  open(): void {
    if (this.#ofRoutines === undefined) this.#openStreams();
  }

  #openStreams(): void {
    const { plan, options, run } = this.job;
    this.#ofRoutines = new RoutineStreams(this.job);
    const open = (streams: RoutineStreams): void => {
      if (plan.keepsStreams) streams.openAll(plan.routines.get(options.entryRoutineId));
    };
    // In the async context of the caller who started the job, like its handlers.
    if (run.scope === undefined) open(this.#ofRoutines);
    else run.scope.runInAsyncScope(open, undefined, this.#ofRoutines);
  }

  /** The stream that a routine keeps in this job. */
  streamAt(routine: Routine): Stream | undefined {
    return this.#ofRoutines?.at(routine);
  }

  /** The job is at rest: completes the input of its next streams, upstream first; false if there are none. */
  flush(): boolean {
    const next = this.#ofRoutines?.next ?? [];
    if (next.length > 0)
      this.after(() => {
        // If one of them ends the job, the others are stopped by then, and so not open any more.
        for (const stream of next) stream.complete();
      });
    return next.length > 0;
  }

  /** Runs work on the streams after the step at hand, since they are user code. The job stays open meanwhile. */
  after(work: () => void): void {
    const release = this.hold(() => undefined);
    this.job.engine.steps.after(() => {
      try {
        work();
      } finally {
        release();
      }
    });
  }

  /** Holds the job open, without a worker, until the release that it returns is called; calls `stop` if the job ends before. */
  hold(stop: () => void): () => void {
    const { life, engine, run } = this.job;
    life.parking?.leave();
    // The clock may be the user's, and have ended the job (D31).
    if (life.isOver) engine.steps.after(stop);
    else this.#holds.add(stop);
    return () => {
      if (this.#holds.delete(stop) && !life.isOver)
        engine.drain.change(() => {
          engine.released$.next(run);
        });
    };
  }

  /**
   * A stream of a routine has failed: as a failed task of this slot, but without a retry. While the job is paused that waits; `told`
   * is called right after.
   */
  failAt(slot: Slot, error: unknown, told: () => void = () => undefined): void {
    const { run, ledger, emissions, life, engine } = this.job;
    const task = new Task<R>(new Arrival(run, NO_DATA, emissions.order++), slot.direct[0]);
    const outcome = outcomeWithoutRetry(task);
    const failure = failureOf(task, outcome, error);
    const fail = (): void => {
      if (!life.isOver) this.#noteFailure(task, outcome, failure);
      engine.steps.after(told);
    };
    if (ledger.data.status === 'running') engine.drain.change(fail);
    else if (!life.isOver) this.#atOpening.push(fail);
  }

  #noteFailure({ origin, connection, routineId }: Task<R>, outcome: TaskOutcome, failure: Failure): void {
    const { routines, ledger } = this.job;
    const attempt = new Attempt(origin, connection, routines.of(connection.slot.routine));
    noteFailure(this.job, attempt, outcome, failure);
    if (outcome !== 'failed') ledger.warn(`A stream of routine '${routineId}' failed`, failure.error);
  }

  /** The job is over, and nothing holds it open any more. Returns a call that stops its streams, for after the step: they are user code. */
  close(): () => void {
    const holds = [...this.#holds];
    this.#holds.clear();
    this.#atOpening = [];
    return () => {
      this.#ofRoutines?.stop();
      for (const stop of holds) stop();
    };
  }
}
