import { Subject, VirtualTimeScheduler } from 'rxjs';
import { Arrival } from '../../lib/engine/Emission.js';
import { retriesOf, type RetryingJob, type RetryTimers } from '../../lib/engine/RetryTimers.js';
import { Steps } from '../../lib/engine/Steps.js';
import { Task } from '../../lib/engine/Task.js';
import { flowOf } from '../support/flows.js';
import { compiled, slotIn, ToldLedger } from '../support/ledgers.js';

const noop = (): void => undefined;

/** The retries of a job on its own; `atDue` is what the clock does that is asked when a retry is due. */
const bench = () => {
  const scheduler = new VirtualTimeScheduler();
  const slot = slotIn(compiled(flowOf({ s: { slots: { trigger: noop } } })), 's', 'trigger');
  const ledger = new ToldLedger();
  /** By so much the clock of the job is behind that of the timers. */
  const early = { ms: 0 };
  /** By so much the time of day of the job is ahead of that clock. */
  const set = { ms: 0 };
  Object.defineProperty(ledger, 'now', { get: () => scheduler.now() - early.ms + set.ms });
  const steps = new Steps();
  const run = { isOpen: true };
  const out: string[] = [];
  const task$ = new Subject<Task<string>>();
  task$.subscribe(({ order }) => out.push(`${order} at ${scheduler.now()}`));
  const clock = { atDue: noop };
  const job: RetryingJob<string> & { retries: RetryTimers<string> | undefined } = {
    run,
    ledger,
    plan: { settings: { scheduler } },
    engine: {
      steps,
      time: {
        get reading() {
          return scheduler.now() - early.ms;
        },
      },
      drain: {
        enter: (work, a, b) => {
          clock.atDue();
          work(a, b);
        },
      },
      task$,
    },
    retries: undefined,
  };
  const task = (order: number): Task<string> => new Task(new Arrival('run', { n: order }, order, { tried: 1 }), slot.direct[0]);
  const until = (ms: number): void => {
    scheduler.maxFrames = ms;
    scheduler.flush();
  };
  return { retries: retriesOf(job), job, ledger, steps, run, out, clock, early, set, task, until, timers: scheduler.actions };
};

describe('RetryTimers', () => {
  it('should be made with the first retry of a job, and be the same from then on', () => {
    const { retries, job } = bench();
    expect(retriesOf(job)).toBe(retries);
  });

  it('should put each retry into the task stream when its time has come, and tell when that is', () => {
    const { retries, ledger, out, task, until } = bench();
    retries.delay(task(1), 20);
    retries.delay(task(2), 10);
    expect([retries.size, retries.delayed.map(({ dueAt }) => dueAt)]).toEqual([2, [10, 20]]);
    expect(ledger.told).toMatchObject([
      { type: 'taskDelayed', attempt: 2, dueAt: new Date(20) },
      { type: 'taskDelayed', attempt: 2, dueAt: new Date(10) },
    ]);
    until(9);
    expect(out).toEqual([]);
    until(30);
    expect([out, retries.size]).toEqual([['2 at 10', '1 at 20'], 0]);
  });

  it('should keep what is due behind a closed gate, and put it in when that opens, in due order', () => {
    const { retries, run, out, task, until } = bench();
    retries.delay(task(1), 20);
    retries.delay(task(2), 10);
    run.isOpen = false;
    until(30);
    expect([out, retries.size]).toEqual([[], 2]);
    retries.reopen();
    expect([out, retries.size]).toEqual([['2 at 20', '1 at 20'], 0]);
  });

  it('should hold the timers in a pause, and run on with what is left of them when the gate opens', () => {
    const { retries, run, out, task, until, timers } = bench();
    retries.delay(task(1), 20);
    run.isOpen = false;
    retries.hold();
    expect([timers.length, retries.delayed.map(({ dueAt }) => dueAt)]).toEqual([0, [20]]);
    run.isOpen = true;
    retries.reopen();
    until(30);
    expect(out).toEqual(['1 at 20']);
  });

  it('should arm a timer anew that ran down early behind a closed gate: platforms ring up to 1 ms before the time (D19, D20)', () => {
    const { retries, run, out, task, until, early } = bench();
    retries.delay(task(1), 20);
    run.isOpen = false;
    until(20);
    // By the clock of the job it is not due yet.
    early.ms = 5;
    run.isOpen = true;
    retries.reopen();
    expect([out, retries.size]).toEqual([[], 1]);
    early.ms = 0;
    until(30);
    expect([out, retries.size]).toEqual([['1 at 25'], 0]);
  });

  it.each([-1e12, -5, 5, 1e12])('should keep the delay if the time of day is set by %d ms in a pause', (ms) => {
    const { retries, run, out, set, task, until } = bench();
    retries.delay(task(1), 20);
    run.isOpen = false;
    retries.hold();
    set.ms = ms;
    until(5);
    run.isOpen = true;
    retries.reopen();
    until(100);
    expect(out).toEqual(['1 at 20']);
  });

  it('should wait for what is left of a delay from elsewhere, by the time of day of the job', () => {
    const { retries, out, set, task, until } = bench();
    set.ms = 1e12;
    retries.takeUp(task(1), 1e12 + 15);
    retries.takeUp(task(2), 1e12 - 15);
    retries.reopen();
    until(30);
    expect(out).toEqual(['2 at 0', '1 at 15']);
  });

  it('should take a retry up that was put off elsewhere; its timer runs once the gate opens, and nothing is told', () => {
    const { retries, ledger, out, task, until, timers } = bench();
    retries.takeUp(task(1), 15);
    expect([timers.length, ledger.told]).toEqual([0, []]);
    retries.reopen();
    until(30);
    expect(out).toEqual(['1 at 15']);
  });

  it('should set no timer before the step at hand is over', () => {
    const { retries, steps, task, timers } = bench();
    steps.begin();
    retries.delay(task(1), 10);
    expect(timers).toHaveLength(0);
    steps.end();
    expect(timers).toHaveLength(1);
  });

  describe('in a job that user code pauses or ends meanwhile (D31)', () => {
    it('should set no timer for a retry if the step closes the gate', () => {
      const { retries, steps, run, task, timers } = bench();
      steps.begin();
      retries.delay(task(1), 10);
      run.isOpen = false;
      steps.end();
      expect([timers.length, retries.size]).toEqual([0, 1]);
    });

    it('should set no timers if the step that opens the gate closes it again', () => {
      const { retries, steps, run, task, timers } = bench();
      retries.takeUp(task(1), 15);
      steps.begin();
      retries.reopen();
      run.isOpen = false;
      steps.end();
      expect([timers.length, retries.size]).toEqual([0, 1]);
    });

    it('should put nothing in if the clock that is asked when it is due has ended the job', () => {
      const { retries, out, clock, task, until } = bench();
      retries.delay(task(1), 10);
      clock.atDue = () => {
        retries.clear();
      };
      until(30);
      expect([out, retries.size]).toEqual([[], 0]);
    });
  });

  it('should forget all at the end of the job, timers too', () => {
    const { retries, out, task, until, timers } = bench();
    retries.delay(task(1), 10);
    retries.takeUp(task(2), 10);
    retries.clear();
    expect([timers.length, retries.size]).toEqual([0, 0]);
    until(30);
    expect(out).toEqual([]);
  });
});
