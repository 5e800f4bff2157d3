import type { Attempt } from './Attempt.js';

/** Notes when an attempt began, by the clock of its flow, if its time is one to measure. */
export const startClock = ({ more }: Attempt, { elapsedFurther }: { readonly elapsedFurther: number }): void => {
  more.started = elapsedFurther;
};

/** How long an attempt ran, in ms, if it is timed. */
export const stopClock = (attempt: Attempt, clock: { lap(): number }): number | undefined => {
  const { started } = attempt.rare;
  return started === undefined ? undefined : (attempt.more.ms = clock.lap() - started);
};
