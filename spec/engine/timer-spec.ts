import { asyncScheduler, type SchedulerLike, Subscription } from 'rxjs';
import { Steps } from '../../lib/engine/Steps.js';
import { setTimer, stopTimer } from '../../lib/engine/timer.js';
import { ErrorHandler, type JobRecord } from '../../lib/index.js';
import { flowOf, sleep } from '../support/flows.js';

const boom = (): never => {
  throw new Error('boom');
};

/** A scheduler of the user: `onTimer` may throw before each timer, and gets each that is set. */
const scheduling = (
  before: (delay: number) => void,
  onTimer: (timer: Subscription) => void = () => undefined,
): SchedulerLike => ({
  now: () => asyncScheduler.now(),
  schedule: (work, delay = 0, state?) => {
    before(delay);
    const timer = asyncScheduler.schedule(work as never, delay, state);
    onTimer(timer);
    return timer;
  },
});

/** What becomes of a job whose task fails once and takes a turn, of the next job of its flow, and the warnings of the first. */
const runOn = async (scheduler: SchedulerLike, executionTimeoutMs = 1_000) => {
  let tries = 0;
  const trigger = async (): Promise<void> => {
    await sleep(1);
    if (++tries === 1) throw new Error('once');
  };
  const errorHandler = new ErrorHandler({ strategy: 'retry', delayMs: 5 });
  const flow = flowOf({ s: { slots: { trigger } } }, [], { scheduler, executionTimeoutMs, errorHandler });
  const job = flow.start('s');
  const records: JobRecord[] = [];
  let completed = false;
  job.record$.subscribe({ next: (record) => records.push(record), complete: () => (completed = true) });
  const { status } = await job.done;
  await sleep(0);
  const next = (await flow.execute('s')).status;
  const warned = records.flatMap((record) => (record.type === 'warning' ? [record.message] : []));
  return { status, next, tries, warned, completed, last: records.at(-1)?.type };
};

describe("a timer on the scheduler of a flow, which is the user's (D31)", () => {
  it('should be one of the execution timeout and one of each retry, and warn of nothing', async () => {
    const delays: number[] = [];
    const result = await runOn(scheduling((delay) => delays.push(delay)));
    expect(result).toEqual({ status: 'completed', next: 'completed', tries: 3, warned: [], completed: true, last: 'ended' });
    expect(delays.filter((delay) => delay === 5)).toHaveLength(1);
  });

  it('should warn if its teardown throws, and hold up neither the end nor the next job', async () => {
    const scheduler = scheduling(
      () => undefined,
      (timer) => {
        timer.add(boom);
      },
    );
    const { warned, ...result } = await runOn(scheduler);
    expect(result).toEqual({ status: 'completed', next: 'completed', tries: 3, completed: true, last: 'ended' });
    expect(new Set(warned)).toEqual(new Set(['The teardown of a timer threw']));
  });

  it.each([
    ['the execution timeout', (delay: number) => delay > 500],
    ['a retry, which then does not wait', (delay: number) => delay === 5],
    ['anything', () => true],
  ])('should warn if it cannot be set, and let the job run: %s', async (_, refuses) => {
    const { warned, ...result } = await runOn(
      scheduling((delay) => {
        if (refuses(delay)) boom();
      }),
    );
    expect(result).toEqual({ status: 'completed', next: 'completed', tries: 3, completed: true, last: 'ended' });
    expect(new Set(warned)).toEqual(new Set(['The scheduler of the flow threw; there is no timer']));
  });

  it('should fail a job past its timeout all the same, at the next look at the clock (D32)', async () => {
    const { status } = await runOn(scheduling(boom), 0.5);
    expect(status).toBe('failed');
  });

  it('should warn if it can be set for its first part only, and not wait for the rest: a delay beyond what a platform timer holds', () => {
    const warned: string[] = [];
    const steps = new Steps();
    const ring: (() => void)[] = [];
    const scheduler: SchedulerLike = {
      now: () => 0,
      schedule: (work) => {
        if (ring.length > 0) boom();
        ring.push(work as never);
        return Subscription.EMPTY;
      },
    };
    const told: string[] = [];
    const job = {
      ledger: { warn: (message: string) => warned.push(message) },
      plan: { settings: { scheduler } },
      engine: { steps },
    };
    setTimer(
      job,
      2 ** 31 + 5,
      () => told.push('work'),
      () => told.push('refused'),
    );
    ring[0]?.();
    expect([told, warned]).toEqual([['refused'], ['The scheduler of the flow threw; there is no timer']]);
  });

  it('should be stopped after the step at hand, since that is user code', () => {
    const steps = new Steps();
    const timer = new Subscription();
    const job = { ledger: { warn: () => undefined }, plan: { settings: { scheduler: asyncScheduler } }, engine: { steps } };
    steps.begin();
    stopTimer(job, timer);
    expect(timer.closed).toBe(false);
    steps.end();
    expect(timer.closed).toBe(true);
  });
});
