import { Subject, VirtualTimeScheduler } from 'rxjs';
import { Arrival, type Due } from '../../lib/engine/Emission.js';
import { delayedOf, type DelayingJob, type DelayedTasks } from '../../lib/engine/DelayedTasks.js';
import { Steps } from '../../lib/engine/Steps.js';
import { Task } from '../../lib/engine/Task.js';
import { flowOf } from '../support/flows.js';
import { compiled, slotIn, ToldLedger } from '../support/ledgers.js';

const noop = (): void => undefined;

/** The delayed tasks of a job on its own; `atDue` is what the clock does that is asked when one is due. */
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
  const counted: string[] = [];
  const count =
    (what: string) =>
    ({ order }: Task<string>) =>
      void counted.push(`${order} ${what}`);
  const job: DelayingJob<string> & { delayed: DelayedTasks<string> | undefined } = {
    run,
    room: { added: count('added'), removed: count('removed'), taken: count('taken') },
    ledger,
    plan: { settings: { scheduler } },
    engine: {
      steps,
      time: {
        get reading() {
          return scheduler.now() - early.ms;
        },
        get elapsed() {
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
    delayed: undefined,
  };
  const task = (order: number, tried = 1): Task<string> =>
    new Task(new Arrival('run', { n: order }, order, { tried }), slot.direct[0]);
  /** A task of an emission that is due at `at`. */
  const late = (order: number, at: number): [Task<string>, Due] => [task(order, 0), { at, reading: at }];
  const until = (ms: number): void => {
    scheduler.maxFrames = ms;
    scheduler.flush();
  };
  return {
    delayed: delayedOf(job),
    job,
    ledger,
    steps,
    run,
    out,
    clock,
    early,
    set,
    task,
    late,
    counted,
    until,
    timers: scheduler.actions,
  };
};

describe('DelayedTasks', () => {
  it('should be made with the first that waits, and be the same from then on', () => {
    const { delayed, job } = bench();
    expect(delayedOf(job)).toBe(delayed);
  });

  it('should put each retry into the task stream when its time has come, and tell when that is', () => {
    const { delayed, ledger, out, task, until } = bench();
    delayed.retry(task(1), 20);
    delayed.retry(task(2), 10);
    expect([delayed.size, delayed.all.map(({ dueAt }) => dueAt)]).toEqual([2, [10, 20]]);
    expect(ledger.told).toMatchObject([
      { type: 'taskDelayed', attempt: 2, dueAt: new Date(20) },
      { type: 'taskDelayed', attempt: 2, dueAt: new Date(10) },
    ]);
    until(9);
    expect(out).toEqual([]);
    until(30);
    expect([out, delayed.size]).toEqual([['2 at 10', '1 at 20'], 0]);
  });

  it('should keep what is due behind a closed gate, and put it in when that opens, in due order', () => {
    const { delayed, run, out, task, until } = bench();
    delayed.retry(task(1), 20);
    delayed.retry(task(2), 10);
    run.isOpen = false;
    until(30);
    expect([out, delayed.size]).toEqual([[], 2]);
    delayed.reopen();
    expect([out, delayed.size]).toEqual([['2 at 20', '1 at 20'], 0]);
  });

  it('should hold the timers in a pause, and run on with what is left of them when the gate opens', () => {
    const { delayed, run, out, task, until, timers } = bench();
    delayed.retry(task(1), 20);
    run.isOpen = false;
    delayed.hold();
    expect([timers.length, delayed.all.map(({ dueAt }) => dueAt)]).toEqual([0, [20]]);
    run.isOpen = true;
    delayed.reopen();
    until(30);
    expect(out).toEqual(['1 at 20']);
  });

  it('should arm a timer anew that ran down early behind a closed gate: platforms ring up to 1 ms before the time (D19, D20)', () => {
    const { delayed, run, out, task, until, early } = bench();
    delayed.retry(task(1), 20);
    run.isOpen = false;
    until(20);
    // By the clock of the job it is not due yet.
    early.ms = 5;
    run.isOpen = true;
    delayed.reopen();
    expect([out, delayed.size]).toEqual([[], 1]);
    early.ms = 0;
    until(30);
    expect([out, delayed.size]).toEqual([['1 at 25'], 0]);
  });

  it.each([-1e12, -5, 5, 1e12])('should keep the delay if the time of day is set by %d ms in a pause', (ms) => {
    const { delayed, run, out, set, task, until } = bench();
    delayed.retry(task(1), 20);
    run.isOpen = false;
    delayed.hold();
    set.ms = ms;
    until(5);
    run.isOpen = true;
    delayed.reopen();
    until(100);
    expect(out).toEqual(['1 at 20']);
  });

  it('should wait for what is left of a delay from elsewhere, by the time of day of the job', () => {
    const { delayed, out, set, task, until } = bench();
    set.ms = 1e12;
    delayed.takeUp(task(1), 1e12 + 15);
    delayed.takeUp(task(2), 1e12 - 15);
    delayed.reopen();
    until(30);
    expect(out).toEqual(['2 at 0', '1 at 15']);
  });

  it('should take a retry up that was put off elsewhere; its timer runs once the gate opens, and nothing is told', () => {
    const { delayed, ledger, out, task, until, timers } = bench();
    delayed.takeUp(task(1), 15);
    expect([timers.length, ledger.told]).toEqual([0, []]);
    delayed.reopen();
    until(30);
    expect(out).toEqual(['1 at 15']);
  });

  it('should set no timer before the step at hand is over', () => {
    const { delayed, steps, task, timers } = bench();
    steps.begin();
    delayed.retry(task(1), 10);
    expect(timers).toHaveLength(0);
    steps.end();
    expect(timers).toHaveLength(1);
  });

  describe('in a job that user code pauses or ends meanwhile (D31)', () => {
    it('should set no timer for a retry if the step closes the gate', () => {
      const { delayed, steps, run, task, timers } = bench();
      steps.begin();
      delayed.retry(task(1), 10);
      run.isOpen = false;
      steps.end();
      expect([timers.length, delayed.size]).toEqual([0, 1]);
    });

    it('should set no timers if the step that opens the gate closes it again', () => {
      const { delayed, steps, run, task, timers } = bench();
      delayed.takeUp(task(1), 15);
      steps.begin();
      delayed.reopen();
      run.isOpen = false;
      steps.end();
      expect([timers.length, delayed.size]).toEqual([0, 1]);
    });

    it('should put nothing in if the clock that is asked when it is due has ended the job', () => {
      const { delayed, out, clock, task, until } = bench();
      delayed.retry(task(1), 10);
      clock.atDue = () => {
        delayed.clear();
      };
      until(30);
      expect([out, delayed.size]).toEqual([[], 0]);
    });
  });

  it('should forget all at the end of the job, timers too', () => {
    const { delayed, out, task, until, timers } = bench();
    delayed.retry(task(1), 10);
    delayed.takeUp(task(2), 10);
    delayed.clear();
    expect([timers.length, delayed.size]).toEqual([0, 0]);
    until(30);
    expect(out).toEqual([]);
  });

  describe('and emissions that were put off', () => {
    it('should put each into the task stream at its time, counted as late until then, and told with its time', () => {
      const { delayed, ledger, out, late, until } = bench();
      delayed.putOff(...late(1, 20));
      delayed.putOff(...late(2, 10));
      expect([delayed.size, delayed.late, delayed.retries]).toEqual([2, 2, 0]);
      expect(ledger.told).toMatchObject([
        { type: 'taskDelayed', attempt: 1, dueAt: new Date(20) },
        { type: 'taskDelayed', attempt: 1, dueAt: new Date(10) },
      ]);
      until(30);
      expect([out, delayed.size, delayed.late]).toEqual([['2 at 10', '1 at 20'], 0, 0]);
    });

    it('should count for the limits as long as they wait: added, and removed when they go to the queue', () => {
      const { delayed, counted, task, late, until } = bench();
      delayed.putOff(...late(1, 20));
      delayed.retry(task(2), 10);
      delayed.takeUp(task(3, 0), 15);
      expect([counted, delayed.late, delayed.retries]).toEqual([['1 added', '3 added'], 2, 1]);
      until(30);
      expect(counted).toEqual(['1 added', '3 added', '1 removed']);
      delayed.reopen();
      expect(counted).toEqual(['1 added', '3 added', '1 removed', '3 removed']);
    });

    it('should count again when the limits have forgotten what waits, and only they', () => {
      const { delayed, counted, task, late } = bench();
      delayed.putOff(...late(1, 20));
      delayed.retry(task(2), 10);
      delayed.countAgain();
      expect(counted).toEqual(['1 added', '1 added']);
    });

    it('should make room if one is taken out; a retry takes none', () => {
      const { delayed, counted, task, late, timers } = bench();
      delayed.putOff(...late(1, 20));
      delayed.retry(task(2), 10);
      expect([1, 2, 3].map((order) => delayed.takeIf((each) => each.order === order)?.order)).toEqual([1, 2, undefined]);
      expect([counted, delayed.size, timers.length]).toEqual([['1 added', '1 taken'], 0, 0]);
    });

    it('should be dropped alone, and with its timer, if a limit says so', () => {
      const { delayed, out, task, late, until, timers } = bench();
      const [dropped, due] = late(1, 20);
      delayed.putOff(dropped, due);
      delayed.putOff(...late(2, 20));
      expect([delayed.drop(dropped), delayed.drop(dropped), delayed.drop(task(3))]).toEqual([true, false, false]);
      expect([delayed.late, timers.length]).toEqual([1, 1]);
      until(30);
      expect(out).toEqual(['2 at 20']);
    });

    it('should be due at once if their time has passed meanwhile', () => {
      const { delayed, early, out, late, until } = bench();
      early.ms = -15;
      delayed.putOff(...late(1, 10));
      until(30);
      expect(out).toEqual(['1 at 0']);
    });
  });
});
