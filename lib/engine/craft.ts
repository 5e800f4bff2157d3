import { activate } from './activate.js';
import type { Drain } from './Drain.js';
import type { HandlerContext } from './HandlerContext.js';
import type { JobRun } from './JobRun.js';
import { lenderOf } from './lenderOf.js';
import { fail, passOn, succeed } from './outcome.js';
import type { Scopes } from './Scopes.js';
import type { SeatEvents } from './Seat.js';
import type { Steps } from './Steps.js';
import { tearDown } from './tearDown.js';
import { unfinished } from './unfinished.js';
import { type Craft, handOut } from './WorkerPool.js';

/** How the workers of a flow work on a task. */
export const craft = (scopes: Scopes<JobRun>): Craft<HandlerContext, JobRun> => ({
  take: (run) => (run.isOverdue ? void run.timeOut() : run.take()),
  call: (attempt) => unfinished(activate(attempt)),
  succeed,
  fail,
  lenderOf,
  within: (run, work, subject) => {
    scopes.within(run, work, subject);
  },
});

/** What follows when something unfinished goes on, or ends. */
export const seatEvents = (drain: Drain, scopes: Scopes<JobRun>, steps: Steps): SeatEvents<HandlerContext> => {
  const leave = (attempt: HandlerContext): void => {
    const worker = attempt.seat?.worker;
    if (worker !== undefined) steps.apply(handOut, attempt, worker);
  };
  const finish = (attempt: HandlerContext): void => {
    if (succeed(attempt)) leave(attempt);
  };
  const failWith = (attempt: HandlerContext, error: unknown): void => {
    if (fail(attempt, error)) leave(attempt);
  };
  const give = (attempt: HandlerContext, value: unknown): void => {
    try {
      passOn(attempt, value);
    } catch (error) {
      failWith(attempt, error);
    }
  };
  const enter = (run: JobRun, scoped: boolean): void => {
    if (scoped && !drain.isActive) scopes.enter(run);
  };
  return {
    value: (attempt, value) => {
      drain.enter(give, attempt, value);
    },
    finished: (attempt, scoped) => {
      enter(attempt.run, scoped);
      drain.enter(finish, attempt, undefined);
    },
    failed: (attempt, error, scoped) => {
      enter(attempt.run, scoped);
      drain.enter(failWith, attempt, error);
    },
    tearDown: ({ run, routineId }, work) => {
      steps.after(() => {
        tearDown(run, `a stream of routine '${routineId}'`, work);
      });
    },
  };
};
