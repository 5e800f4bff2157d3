import { asyncScheduler, type SchedulerLike } from 'rxjs';
import { type Clock, clockOf, paceNow } from '../prelude/Clock.js';
import { slices } from './slices.js';

/** At most so many tasks between two looks at the clock; a look costs as much as a quick task. */
const FURTHEST = 8;
/** Tasks between two looks that took longer, in ms, are slow: the clock is read after each of them. */
const SLOW_MS = 1;

/** Coerces to a small integer, which V8 stores inline instead of boxing it. */
const toWhole = (ms: number): number => (ms < 2 ** 31 ? ms | 0 : ms);

const isVirtual = (scheduler: SchedulerLike): boolean => 'flush' in scheduler && 'maxFrames' in scheduler;

/** The time of one flow: the clock is read when a stretch of work begins, and after as many tasks as need it. */
export class Time {
  /** Whether the clock is one of a test: then time stands still while the flow works. */
  readonly isVirtual: boolean;
  /** The time of tick 0, epoch ms: when the flow was made, unless the time of day was set back since. */
  base: number;
  readonly #clock: Clock;
  readonly #isWall: boolean;
  // A clock of the user cannot be asked at the end of a job (that is inside a step), so it is read after each task.
  readonly #furthest: number;
  // Fields and no getters, since they are asked for each task; written here alone.
  /** The last reading of the clock, in ms; its zero means nothing. */
  reading = 0;
  /** Epoch ms, by the last look. */
  now = 0;
  /** In ms since the flow was made. It goes on if the time of day is set back: what happens later in a job has no earlier time. */
  tick = 0;
  /** Whether there is time for another task in this slice. */
  isLeft = false;
  /** Tasks until the next look, and between two. */
  #untilLook = 1;
  #stride = 1;

  constructor(readonly scheduler: SchedulerLike) {
    this.isVirtual = isVirtual(scheduler);
    this.#isWall = scheduler === asyncScheduler;
    this.#furthest = this.#isWall || this.isVirtual ? FURTHEST : 1;
    this.#clock = clockOf(scheduler);
    // Whole, as what is told of it: a scheduler of the user may count in parts of a ms. Before the first look, so that no tick is
    // ever a large number: V8 would box every one of them.
    this.base = Math.floor(this.#clock.epoch(this.#clock.elapsed()));
    this.look();
  }

  /** A reading of this moment, for durations; of a clock of the user the last one, since he is not asked inside a step (D31). */
  get elapsed(): number {
    return this.#isWall ? this.#clock.elapsed() : this.reading;
  }

  /** The reading when a timed run begins, or has ended; it is a look at the clock, so that none is due at the end of the job. */
  lap(): number {
    // Right after a look nothing has run: this one says nothing about the pace of tasks.
    if (this.#isWall && !this.#isBehind) this.#read(this.#clock.elapsedFurther());
    else this.catchUp();
    return this.reading;
  }

  look(): void {
    this.#read(this.#clock.elapsed());
  }

  #read(reading: number): void {
    this.reading = reading;
    if (this.isLeft && !this.isVirtual) this.isLeft = slices.isOpen(this.#pace);
    this.now = this.#clock.epoch(reading);
    if (this.now - this.base < this.tick) this.base = Math.floor(this.now) - this.tick;
    this.tick = toWhole(this.now - this.base);
  }

  // Slices are measured by one clock, whatever the scheduler of a flow goes by.
  get #pace(): number {
    return this.#clock.isPlain ? this.reading : paceNow();
  }

  /** Whether work may begin now: in the slice at hand, or in a new one if the event loop has turned. */
  begin(): void {
    this.#untilLook = this.#stride;
    this.isLeft = this.isVirtual || slices.begin(this.#pace);
  }

  /** A handler has been called: looks at the clock again, after each slow one, and after at most 8 quick ones. */
  spend(): void {
    if (--this.#untilLook <= 0) this.#lookAfterTasks();
  }

  #lookAfterTasks(): void {
    const before = this.reading;
    this.#read(this.#clock.elapsedFurther());
    this.#stride = this.reading - before > SLOW_MS ? 1 : Math.min(this.#stride * 2, this.#furthest);
    this.#untilLook = this.#stride;
  }

  /** Looks at the clock if a handler has been called since the last look. */
  catchUp(): void {
    if (this.#isWall && this.#isBehind) this.#lookAfterTasks();
  }

  get #isBehind(): boolean {
    return this.#untilLook < this.#stride;
  }
}
