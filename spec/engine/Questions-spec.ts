import { VirtualTimeScheduler } from 'rxjs';
import { type AskingJob, Questions } from '../../lib/engine/Questions.js';
import { Steps } from '../../lib/engine/Steps.js';
import type { OpenWait } from '../../lib/job/Wait.js';
import { flowOf } from '../support/flows.js';
import { compiled, ToldLedger } from '../support/ledgers.js';

/** The questions of a job on its own, and what comes of them. */
const bench = () => {
  const scheduler = new VirtualTimeScheduler();
  const plan = compiled(flowOf({ s: { slots: { trigger: undefined } } }));
  const ledger = new ToldLedger();
  Object.defineProperty(ledger, 'now', { get: () => scheduler.now() });
  const told: string[] = [];
  const run = { isOpen: true };
  const clock = { atDue: (): void => undefined };
  const job: AskingJob<typeof run> = {
    run,
    ledger,
    plan: { ...plan, routines: plan.routines, settings: { ...plan.settings, scheduler } },
    emissions: {
      prepared: (_, payload) => payload,
      send: ({ name }, data) => void told.push(`${name} ${JSON.stringify(data)} at ${String(scheduler.now())}`),
      bringIn: ({ name }, data) => void told.push(`${name} ${JSON.stringify(data)} at ${String(scheduler.now())}`),
    },
    engine: {
      steps: new Steps(),
      time: {
        get reading() {
          return scheduler.now();
        },
        get elapsed() {
          return scheduler.now();
        },
      },
      drain: {
        enter: (work, a, b) => {
          clock.atDue();
          work(a, b);
        },
        change: (work) => {
          work();
        },
      },
      progressed: () => void told.push('progressed'),
      released$: { next: () => undefined },
    },
    views: undefined,
  };
  const questions = new Questions(job);
  const until = (ms: number): void => {
    scheduler.maxFrames = ms;
    scheduler.flush();
  };
  const wait = (token: string, until?: number, slot?: string): OpenWait => ({
    ...{ token, routineId: 's', event: slot === undefined ? 'o' : undefined, slot, question: undefined, data: undefined },
    ...{ schema: undefined, timeoutEvent: undefined, since: 0, until },
  });
  return { questions, job, run, clock, ledger, told, until, wait, timers: scheduler.actions };
};

describe('Questions', () => {
  it('should close each at its time, in due order, whatever the order in which they were asked', () => {
    const { questions, wait, until, told } = bench();
    questions.open(wait('a', 20));
    questions.open(wait('b', 10, 'trigger'));
    questions.open(wait('c'));
    until(100);
    expect(told).toEqual(['trigger {"token":"b"} at 10', 'o {"token":"a"} at 20']);
  });

  it('should leave one open behind a closed gate, and close it when that opens', () => {
    const { questions, run, ledger, wait, until, told } = bench();
    questions.open(wait('a', 10));
    run.isOpen = false;
    until(30);
    expect([told, [...ledger.data.waits.keys()]]).toEqual([[], ['a']]);
    run.isOpen = true;
    questions.reopen();
    expect([told, ledger.data.waits.size]).toEqual([['o {"token":"a"} at 10'], 0]);
  });

  it('should set no timer if the step in which one is asked closes the gate (D31)', () => {
    const { questions, run, job, wait, timers } = bench();
    job.engine.steps.begin();
    questions.open(wait('a', 10));
    expect(timers).toHaveLength(0);
    run.isOpen = false;
    job.engine.steps.end();
    expect(timers).toHaveLength(0);
  });

  it('should stop all timers in a pause, and let them run on after it', () => {
    const { questions, wait, until, told, timers } = bench();
    questions.open(wait('a', 10));
    questions.hold();
    expect(timers).toHaveLength(0);
    questions.reopen();
    until(100);
    expect(told).toEqual(['o {"token":"a"} at 10']);
  });

  it('should close none that the clock, which is asked when its time is over, has answered (D31)', () => {
    const { questions, clock, wait, until, told } = bench();
    questions.open(wait('a', 10));
    clock.atDue = () => {
      questions.answer('a', 'first', undefined);
    };
    until(100);
    expect(told).toEqual(['o {"answer":"first","token":"a"} at 10']);
  });

  it('should forget all at the end of the job, timers too', () => {
    const { questions, wait, until, told, timers } = bench();
    questions.open(wait('a', 10));
    questions.clear();
    expect(timers).toHaveLength(0);
    until(100);
    expect(told).toEqual([]);
  });

  it('should have those told who follow them at the end of the stretch of work, if somebody does', () => {
    for (const follows of [true, false]) {
      const { questions, job, wait, told } = bench();
      Object.assign(job, { views: { asked: () => follows } });
      questions.open(wait('a'));
      expect(told).toEqual(follows ? ['progressed'] : []);
    }
  });
});
