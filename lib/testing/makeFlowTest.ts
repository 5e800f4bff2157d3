import { Subject } from 'rxjs';
import type { Expectations } from './Expectations.js';
import type { FlowTest } from './FlowTest.js';
import { playMarbles } from './playMarbles.js';
import type { RecordedJobs } from './RecordedJobs.js';
import { recordingOf } from './recordMarbles.js';
import { replay } from './replay.js';
import { seeded } from './seeded.js';
import { checkMs, sleep } from './sleep.js';
import type { VirtualClock } from './VirtualClock.js';

interface Parts {
  readonly clock: VirtualClock;
  readonly jobs: RecordedJobs;
  readonly expectations: Expectations;
  readonly seed: number | undefined;
  readonly flush: FlowTest['flush'];
}

/** Makes what the body of a test gets. */
export const makeFlowTest = ({ clock, jobs, expectations, seed = 1, flush }: Parts): FlowTest => {
  const random = seeded(seed);
  const cold: FlowTest['cold'] = (...marbles) => playMarbles(clock, ...marbles);
  const pass: FlowTest['sleep'] = (ms, signal) => sleep(clock, ms, signal);
  return {
    scheduler: clock,
    random,
    flowOptions: { scheduler: clock, random, newId: counter() },
    sleep: pass,
    takes: (ms, handler) => {
      checkMs(ms);
      return async function (data, ctx): Promise<unknown> {
        await pass(ms);
        return handler?.call(this, data, ctx);
      };
    },
    replay: (flow, steps) => replay(clock, flow, steps),
    cold,
    hot: <T>(...marbles: Parameters<typeof cold<T>>) => {
      const hot$ = new Subject<T>();
      cold(...marbles).subscribe(hot$);
      return hot$.asObservable();
    },
    start: (flow, ...run) => jobs.start(flow, ...run),
    entries: (...entries) => jobs.startEach(...entries),
    watch: (job) => recordingOf(job, jobs.recorderOf(job)),
    expectJob: (one) => expectations.expectJob(one),
    expectObservable: (source$) => expectations.expectObservable(source$),
    flush,
  };
};

const counter = (): (() => string) => {
  let ids = 0;
  return () => `job-${++ids}`;
};
