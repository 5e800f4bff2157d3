import type { Attempt } from './Attempt.js';

/** The clock of a flow, for durations: ms. */
interface Clock {
  lap(): number;
}

/** Notes when an attempt began, if its time is one to measure. */
export const startClock = ({ more }: Attempt, clock: Clock): void => {
  more.started = clock.lap();
};

/** How long an attempt ran, in ms, if it is timed. */
export const stopClock = (attempt: Attempt, clock: Clock): number | undefined => {
  const { started } = attempt.rare;
  return started === undefined ? undefined : (attempt.more.ms = clock.lap() - started);
};
