import { asyncScheduler, type SchedulerLike } from 'rxjs';

/** Two ways to ask for the time, both in ms: `epoch` for timestamps, `elapsed` for durations. */
export interface Clock {
  /** A reading that only ever grows; its zero means nothing. */
  elapsed(): number;
  /** The next reading of the same clock, which fake timers have not replaced since: it costs less. */
  elapsedFurther(): number;
  /** The time of day that belongs to a reading. */
  epoch(reading: number): number;
}

/** How long the offset between the two clocks is believed, in ms: a machine that slept or was set is noticed then. */
const RESYNC_AFTER = 1_000;

const wallClock = (): Clock => {
  let offset = 0;
  let syncedAt = -Infinity;
  let source = performance;
  return {
    elapsed: () => (source = performance).now(),
    elapsedFurther: () => source.now(),
    epoch: (reading) => {
      if (reading - syncedAt > RESYNC_AFTER) {
        offset = Date.now() - performance.now();
        syncedAt = reading;
      }
      return Math.floor(offset + reading);
    },
  };
};

const schedulerClock = (scheduler: SchedulerLike): Clock => ({
  elapsed: () => scheduler.now(),
  elapsedFurther: () => scheduler.now(),
  epoch: (reading) => reading,
});

/** The clock that goes with a scheduler; one reading of the default one costs about 40 ns, so the drain shares it. */
export const clockOf = (scheduler: SchedulerLike): Clock =>
  scheduler === asyncScheduler ? wallClock() : schedulerClock(scheduler);
