import * as fold from './fold.js';
import type { JobData } from './JobData.js';
import { numbersIn, type RemainingWork, type RemainingWorkSource, type RemainingTask, taskIdOf } from './RemainingWork.js';
import { RoutineData } from './RoutineData.js';
import { OpenTasks } from './OpenTasks.js';

/** A job as its records tell it, from a state that was written down on. It is brought on in place, by `applyFact`. */
export class JobImage implements RemainingWorkSource {
  readonly tasks: OpenTasks;
  /** The number of the next emission. */
  order: number;
  #begun: boolean;
  /** Running time that is left, in ms, and since when the clock runs, epoch ms; undefined while it stands. */
  #leftMs: number;
  #since: number | undefined = undefined;
  readonly #rest: RemainingWork;

  /** @param data as it was written down, of a job none of whose tasks has been at work since; from here on it is this one's */
  constructor(readonly data: JobData) {
    this.#rest = data.source?.remaining() as RemainingWork;
    const { begun, leftMs, order, tasks } = this.#rest;
    this.#begun = begun;
    this.#leftMs = leftMs;
    this.order = order;
    this.tasks = new OpenTasks(data.jobId, tasks, (task) => taskIdOf(data.jobId, task.order, task.place));
    data.source = this;
  }

  begin(): void {
    this.#begun = true;
  }

  /** The clock of its timeout runs from `now` on, or stands. */
  run(now: number): void {
    this.#since ??= now;
  }

  stand(now: number): void {
    this.#leftMs -= now - (this.#since ?? now);
    this.#since = undefined;
  }

  /** What a stream brings, and its failure, has a number that no emission tells; no later one gets it again. */
  count(taskId: string): void {
    const [order] = numbersIn(this.data.jobId, taskId) ?? [0];
    this.order = Math.max(this.order, order + 1);
  }

  routineOf(routineId: string): RoutineData {
    const known = this.data.routines.get(routineId);
    const routine = known ?? new RoutineData(routineId, [], []);
    if (known === undefined) fold.routineMet(this.data, routine);
    return routine;
  }

  waiting(): readonly RemainingTask[] {
    return this.tasks.pending;
  }

  remaining(): RemainingWork {
    const leftMs = Math.max(this.#leftMs, 0);
    return { ...this.#rest, begun: this.#begun, leftMs, order: this.order, tasks: this.tasks.all };
  }
}
