import type { SchedulerLike, Subscription } from 'rxjs';
import { later } from '../prelude/later.js';
import type { Steps } from './Steps.js';
import { tearDown } from './tearDown.js';

/** A job as its timers see it. */
export interface TimerJob {
  readonly ledger: { warn(message: string, error: unknown): void };
  readonly plan: { readonly settings: { readonly scheduler: SchedulerLike } };
  readonly engine: { readonly steps: Pick<Steps, 'after'> };
}

/**
 * Calls back after `delayMs` on the scheduler of the flow. That is the user's: if it throws, that makes a warning, and `refused` is called
 * in place of the work (D31).
 */
export const setTimer = (job: TimerJob, delayMs: number, work: () => void, refused: () => void): Subscription | undefined => {
  const refuse = (error: unknown): void => {
    job.ledger.warn('The scheduler of the flow threw; there is no timer', error);
    refused();
  };
  try {
    return later(job.plan.settings.scheduler, delayMs, work, refuse);
  } catch (error) {
    refuse(error);
    return undefined;
  }
};

/** Stops a timer, after the step at hand. */
export const stopTimer = (job: TimerJob, timer: Subscription | undefined): void => {
  if (timer !== undefined) job.engine.steps.after(unsubscribe, { job, timer });
};

const unsubscribe = ({ job, timer }: { job: TimerJob; timer: Subscription }): void => {
  tearDown(job, 'a timer', () => {
    timer.unsubscribe();
  });
};
