import { reasonIn } from '../job/JobError.js';
import { macrotask } from '../prelude/macrotask.js';
import { activate, takeIn } from './activate.js';
import { runIn } from './ambient.js';
import type { Drain } from './Drain.js';
import type { HandlerContext } from './HandlerContext.js';
import type { Run } from './JobParts.js';
import { handBack, passOn } from './handBack.js';
import { fail, succeed } from './outcome.js';
import type { Scopes } from './Scopes.js';
import type { SeatEvents } from './Seat.js';
import type { Steps } from './Steps.js';
import type { Time } from './Time.js';
import { tearDown } from './tearDown.js';
import type { Turns } from './Turns.js';
import { ignore, type Unfinished } from './unfinished.js';
import { type TaskRunner, handOut } from './WorkerPool.js';

type Runner = TaskRunner<HandlerContext<Run>, Run>;

/** The acts that durable jobs do otherwise. */
export interface TaskActs extends Pick<Runner, 'takeIn' | 'call'> {
  /** What has to end before an attempt whose handler has ended. */
  readonly left?: (attempt: HandlerContext<Run>) => Unfinished | undefined;
}

export const IN_MEMORY: TaskActs = { takeIn, call: (attempt) => handBack(attempt, activate(attempt)) };

/** How the workers of a flow run a task. */
export const taskRunner = (scopes: Scopes<Run>, acts: TaskActs): Runner => ({
  take: (run) => run.take(),
  takeIn: acts.takeIn,
  call: acts.call,
  succeed,
  fail,
  within: (run, work, subject) => {
    scopes.within(run, work, subject);
  },
});

/** What follows when something unfinished goes on, or ends. */
export const seatEvents = (
  drain: Drain,
  scopes: Scopes<Run>,
  steps: Steps,
  time: Time,
  turns: Turns<Run>,
  acts: TaskActs,
): SeatEvents<HandlerContext<Run>> => {
  const handOutFrom = (attempt: HandlerContext<Run>): void => {
    if (attempt.seat !== undefined) handOut(attempt, attempt.seat.worker, steps);
  };
  const failWith = (attempt: HandlerContext<Run>, error: unknown): void => {
    if (fail(attempt, error)) handOutFrom(attempt);
  };
  const finish = (attempt: HandlerContext<Run>): void => {
    const left = acts.left?.(attempt);
    if (left !== undefined) attempt.seat?.take(attempt, left);
    else if (succeed(attempt)) handOutFrom(attempt);
  };
  const finishWith = (attempt: HandlerContext<Run>, value: unknown): void => {
    try {
      const left = handBack(attempt, value);
      if (left === undefined) finish(attempt);
      // To look at it may have ended the attempt (D31).
      else if (attempt.isAtWork) attempt.seat?.take(attempt, left);
      else ignore(left);
    } catch (error) {
      failWith(attempt, error);
    }
  };
  const give = (attempt: HandlerContext<Run>, value: unknown): void => {
    try {
      passOn(attempt, value);
    } catch (error) {
      failWith(attempt, error);
    }
  };
  const enter = (run: Run, scoped: boolean): void => {
    if (scoped && !drain.isActive) scopes.enter(run);
  };
  return {
    value: (attempt, value) => {
      drain.enter(give, attempt, value);
    },
    finished: (attempt, value, scoped) => {
      enter(attempt.run, scoped);
      drain.enter(attempt.connection.slot.emits === undefined ? finish : finishWith, attempt, value);
    },
    failed: (attempt, error, scoped) => {
      enter(attempt.run, scoped);
      drain.enter(failWith, attempt, error);
    },
    lending: (attempt) => {
      turns.lending(attempt);
    },
    within: runIn,
    breathe: (goOn) => {
      if (time.isVirtual) time.scheduler.schedule(goOn);
      else macrotask(goOn);
    },
    leave: ({ run, routineId, error }, leave) => {
      steps.after(() => {
        tearDown(run.parts, `a stream of routine '${routineId}'`, () => {
          leave(reasonIn(error));
        });
      });
    },
  };
};
