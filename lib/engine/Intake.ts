import { NO_DATA } from '../flow/Data.js';
import { Arrival } from './Emission.js';
import type { JobRun } from './JobRun.js';
import { failureOf, outcomeWithoutRetry } from './outcome.js';
import type { Inlet, Node, Route } from './Plan.js';
import { type Stream, Streams } from './Streams.js';
import { Task } from './Task.js';
import { listed } from './listed.js';

/**
 * What one job has beside its tasks: the streams that its routines keep, and those that are read into it from outside. They hold
 * no worker; what holds the job open is released, or stopped with the job.
 */
export class Intake {
  #streams: Streams | undefined;
  readonly #holds = new Set<() => void>();
  /** What waits for the gate to open. */
  #atOpening: (() => void)[] = [];

  constructor(private readonly run: JobRun) {}

  /** How many streams hold the job open. */
  get size(): number {
    return this.#holds.size;
  }

  /** The gate is about to open: what failed while it was closed is told. */
  reopen(): void {
    for (const work of this.#atOpening.splice(0)) work();
  }

  /** Opens the streams of the routines, once. */
  open(): void {
    if (this.#streams === undefined) this.#openStreams();
  }

  #openStreams(): void {
    this.#streams = new Streams(this.run);
    const { plan, options, scope } = this.run;
    const open = (streams: Streams): void => {
      if (plan.streams) streams.openAll(plan.nodes.get(options.entryRoutineId));
    };
    // As whoever has started the job, like its handlers.
    if (scope === undefined) open(this.#streams);
    else scope.runInAsyncScope(open, undefined, this.#streams);
  }

  /** The stream that a routine keeps in this job. */
  streamAt(node: Node): Stream | undefined {
    return this.#streams?.at(node);
  }

  /** The streams whose input is to complete next, the job being at rest. */
  get next(): readonly Stream[] {
    return this.#streams?.next ?? [];
  }

  /** Keeps the job open, without a worker, until what it gives is called; calls `stop` where the job ends before that. */
  hold(stop: () => void): () => void {
    const { run } = this;
    this.#holds.add(stop);
    return () => {
      if (this.#holds.delete(stop) && !run.over)
        run.engine.drain.change(() => {
          run.release();
        });
    };
  }

  /**
   * A stream of a routine has failed: as a failed task of this slot, but without a retry. While the job is paused that waits; `told`
   * is called right after.
   */
  failAt(inlet: Inlet, error: unknown, told: () => void = () => undefined): void {
    const { run } = this;
    const attempt = listed(new Task(new Arrival(run, NO_DATA, run.nextOrder()), inlet.direct[0] as Route));
    const failure = failureOf(error);
    const outcome = outcomeWithoutRetry(attempt, error);
    const fail = (): void => {
      if (!run.over) run.noteFailureOf(attempt, outcome, failure);
      run.engine.steps.after(told);
    };
    if (run.data.status === 'running') run.engine.drain.change(fail);
    else if (!run.over) this.#atOpening.push(fail);
  }

  /** The job is over, and nothing holds it any more. Gives what stops its streams, for after the step: they are the user's. */
  close(): () => void {
    const holds = [...this.#holds];
    this.#holds.clear();
    this.#atOpening = [];
    return () => {
      this.#streams?.stop();
      for (const stop of holds) stop();
    };
  }
}
