import { type Context, ErrorHandler, type Job, type JobRecord } from '../../lib/index.js';
import { callingClock, type ClockCall } from '../support/callingClock.js';
import { flowOf, progressOf } from '../support/flows.js';
import { ours } from '../support/thrown.js';
import { turn } from '../support/virtualTime.js';

const DEEDS = {
  cancel: (job: Job) => void job.cancel(),
  pause: (job: Job) => {
    job.pause().catch(ours);
  },
  resume: (job: Job) => {
    job.resume();
  },
} as const;

const GOOD = {
  ends: 1,
  late: 0,
  left: '0 pending, 0/0',
  timers: 0,
  status: expect.stringMatching(/^(completed|cancelled)$/) as string,
};

/** Does something that may be refused. */
const attempt = (deed: (job: Job) => void, job: Job): void => {
  try {
    deed(job);
  } catch (error) {
    ours(error);
  }
};

/** Emits two, of which each is tried twice. */
const step = (_: unknown, ctx: Context): void => {
  if (ctx.routineId === 's') {
    for (const v of [1, 2]) ctx.emit('o', { v });
    ctx.output('x', {});
  } else if (ctx.attempt === 1) throw new Error('once more');
  else void ctx.track(Promise.resolve());
};

/** A step that counts how often it is called after the end of its job. */
const noticing = (late: { count: number }) => (data: unknown, ctx: Context) => {
  if (ctx.signal.aborted) late.count++;
  step(data, ctx);
};

/** Runs a job, which is paused once, with a clock whose nth call does something to it. */
const ending = async (call: ClockCall, nth: number, deed: (job: Job) => void): Promise<Record<string, unknown>> => {
  const made: { job?: Job } = {};
  const late = { count: 0 };
  let left = nth;
  const clock = callingClock((asked) => {
    if (asked === call && made.job !== undefined && left-- === 0) attempt(deed, made.job);
  });
  const trigger = noticing(late);
  const flow = flowOf({ s: { slots: { trigger } }, t: { slots: { i: trigger } } }, ['s.o -> t.i'], {
    scheduler: clock.scheduler,
    executionTimeoutMs: 50,
    errorHandler: new ErrorHandler({ strategy: 'retry', delayMs: 2 }),
  });
  const job = (made.job = flow.start('s'));
  const records: JobRecord[] = [];
  job.record$.subscribe((record) => void records.push(record));
  for (let turns = 0; turns < 12; turns++) {
    await turn();
    if (turns === 0) job.pause().catch(ours);
    if (turns > 2 && job.status === 'paused') job.resume();
    clock.step();
  }
  return {
    ends: records.filter(({ type }) => type === 'ended').length,
    late: late.count,
    left: `${job.state.pendingTasks.length} pending, ${progressOf(job)}`,
    timers: clock.timers.size,
    status: job.status,
  };
};

// Found by `simulation/callbacks-spec.ts`.
describe('a clock of the user that calls back (D31)', () => {
  it.each(Object.keys(DEEDS) as (keyof typeof DEEDS)[])(
    'should come to one end, with nothing left over, whichever call of its clock does: %s',
    async (deed) => {
      for (const call of ['now', 'schedule'] as const)
        for (let nth = 0; nth < 40; nth++)
          expect({ call, nth, ...(await ending(call, nth, DEEDS[deed])) }).toEqual({ call, nth, ...GOOD });
    },
  );
});
