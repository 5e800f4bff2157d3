import { asyncScheduler, type SchedulerLike } from 'rxjs';
import { isFaked } from './faked.js';

/** Two ways to ask for the time, both in ms: `epoch` for timestamps, `elapsed` for durations. */
export interface Clock {
  /** Whether a reading is one of `paceNow` as well. */
  readonly isPlain: boolean;
  /** A reading that only ever grows, whatever fake timers put in place of the platform's clock; its zero means nothing. */
  elapsed(): number;
  /** The next reading of the same clock, which fake timers have not replaced since: it costs less. */
  elapsedFurther(): number;
  /** The time of day that belongs to a reading: it follows a clock that is set, back as well. */
  epoch(reading: number): number;
}

/** How long the offset between the two clocks is believed, in ms: a machine that slept or was set is noticed then. */
const RESYNC_AFTER = 1_000;

/** What there was when this file was loaded. Fake timers of Node also change the object that `performance` was, so its method is kept. */
// eslint-disable-next-line @typescript-eslint/unbound-method -- it is called on its object
const first = { performance, now: performance.now, Date };

/** A reading for the pace of work, which stands still with no fake timers, unless they were there before this file. */
export const paceNow = (): number => (isFaked(performance) ? first.now.call(first.performance) : performance.now());

class WallClock implements Clock {
  isPlain = !isFaked(performance);
  #source = performance;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called on its source: fake timers may have put another one there
  #now = performance.now;
  /** What readings are ahead of the source. */
  #shift = 0;
  #offset = 0;
  #syncedAt = -Infinity;

  elapsed(): number {
    // Read once: on Node it is a getter.
    const source = performance;
    if (source !== this.#source || source.now !== this.#now) this.#follow();
    return this.elapsedFurther();
  }

  elapsedFurther(): number {
    return this.#shift + this.#now.call(this.#source);
  }

  /** Another clock has taken the place of the one before: readings go on from where they were. */
  #follow(): void {
    const reached = this.elapsedFurther();
    this.#source = performance;
    // eslint-disable-next-line @typescript-eslint/unbound-method -- see above
    this.#now = performance.now;
    this.#shift = reached - performance.now();
    this.#syncedAt = -Infinity;
    this.isPlain = false;
  }

  epoch(reading: number): number {
    if (reading - this.#syncedAt > RESYNC_AFTER || Date !== first.Date) {
      this.#offset = Date.now() - this.elapsed();
      this.#syncedAt = reading;
    }
    return Math.floor(this.#offset + reading);
  }
}

/** The clock of a scheduler of the user, or of a test. It may be the time of day, which can be set back: readings go on then. */
class SchedulerClock implements Clock {
  readonly isPlain = false;
  #shift = 0;
  #reached = -Infinity;

  constructor(private readonly scheduler: SchedulerLike) {}

  elapsed(): number {
    const now = this.scheduler.now();
    if (now + this.#shift < this.#reached) this.#shift = this.#reached - now;
    return (this.#reached = now + this.#shift);
  }

  elapsedFurther(): number {
    return this.elapsed();
  }

  epoch(reading: number): number {
    return reading - this.#shift;
  }
}

/** The clock that goes with a scheduler; one reading of the default one costs about 40 ns, so the drain shares it. */
export const clockOf = (scheduler: SchedulerLike): Clock =>
  scheduler === asyncScheduler ? new WallClock() : new SchedulerClock(scheduler);
