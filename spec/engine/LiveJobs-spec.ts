import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type LiveJob, LiveJobs } from '../../lib/engine/LiveJobs.js';
import type { Flow } from '../../lib/index.js';
import { deferred, flowOf } from '../support/flows.js';
import { turn } from '../support/virtualTime.js';

const run = (jobId: string): LiveJob => ({ jobId });

/** Starts a job, and gives what it was started with. */
const started = (flow: Flow): WeakRef<object> => {
  const large = [1, 2, 3];
  flow.start('s', { large });
  return new WeakRef(large);
};

/** Cancels all jobs but the first. */
const cancelNewer = (flow: Flow): void => {
  for (const job of flow.jobs.slice(1)) if (job.status === 'running') void job.cancel();
};

describe('LiveJobs', () => {
  it('should give what was added and not removed, by id, and in the order in which it came', () => {
    const jobs = new LiveJobs();
    const [b, one, a] = [run('b'), run('1'), run('a')];
    for (const each of [b, one, a]) jobs.add(each);
    expect([jobs.get('b'), jobs.get('1'), jobs.get('a'), jobs.get('toString')]).toEqual([b, one, a, undefined]);
    expect(jobs.all).toEqual([b, one, a]);
    jobs.remove(one);
    expect([jobs.size, jobs.get('1'), jobs.all]).toEqual([2, undefined, [b, a]]);
    jobs.remove(one);
    expect(jobs.size).toBe(2);
  });

  it('should leave no job that has ended to a full collection: those of a batch are collected young', async () => {
    const child = [join(__dirname, 'live-jobs-child.ts'), '200', '8'];
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '--import', 'tsx', ...child]);
    const { heap, live } = JSON.parse(stdout) as { heap: readonly number[]; live: number };
    expect([heap.length, live]).toEqual([8, 0]);
    // A batch is 10,000 tasks and their records, over 2 MB: a plain map of runs kept one whole after the other.
    expect(((heap[7] ?? NaN) - (heap[1] ?? NaN)) / 6).toBeLessThan(500_000);
  });

  it('should collect a job young that follows another, however often none was collected before: no job has closures of its own', async () => {
    if (!existsSync('dist')) throw new Error('this spec runs the built package: npm run build first');
    const child = [join(__dirname, 'following-jobs-child.cjs')];
    // V8 keeps them in code that it has not optimised, and in some processes also in code that it has.
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '--no-opt', ...child]);
    const grown = JSON.parse(stdout) as readonly number[];
    // B per job; with one arrow function in a field of each job it was 4,000 and more.
    expect(grown).toHaveLength(3);
    expect(Math.max(...grown)).toBeLessThan(1_000);
  });

  it('should not keep a job in memory by the state of one that its handler has started, once both have ended', async () => {
    const payloads: WeakRef<object>[] = [];
    const flow = flowOf({
      outer: {
        slots: {
          trigger: async (data) => {
            payloads.push(new WeakRef(data['large'] as object));
            return flow.execute('inner').then((state) => void kept.push(state));
          },
        },
      },
      inner: { slots: { trigger: () => undefined } },
    });
    const kept: unknown[] = [];
    await flow.execute('outer', { large: [1, 2, 3] });
    await turn();
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    expect([kept.length, payloads.map((payload) => payload.deref())]).toEqual([1, [undefined]]);
  });

  it('should be kept no longer when they have ended without a worker, although all of them are held', async () => {
    const held = deferred();
    const flow = flowOf({ s: { slots: { trigger: ({ wait }) => (wait === true ? held.promise : undefined) } } });
    const first = flow.start('s', { wait: true });
    await turn();
    const payloads = Array.from({ length: 10 }, () => started(flow));
    await turn();
    cancelNewer(flow);
    await turn();
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    expect([first.status, payloads.filter((payload) => payload.deref() !== undefined)]).toEqual(['running', []]);
    held.resolve();
    await first.done;
  });
});
