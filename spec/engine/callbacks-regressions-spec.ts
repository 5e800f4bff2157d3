import { NEVER, Observable } from 'rxjs';
import type { Flow, Handler, Job, JobState } from '../../lib/index.js';
import { feed } from '../../lib/rx/index.js';
import { deferred, emitting, flowOf, progressOf, sleep } from '../support/flows.js';
import { ours, thrown } from '../support/thrown.js';
import { turn } from '../support/virtualTime.js';

const noop = (): void => undefined;

const held = ({ status, pausePoints }: JobState): unknown[] => [status, pausePoints[0]?.reason];

// Each was found by `simulation/callbacks-spec.ts`.
describe('found by calling back from user code (D31)', () => {
  it("should ask a getter of a payload once with isolation 'freeze', before the emission is applied", async () => {
    let reads = 0;
    const payload = {
      get v() {
        if (++reads > 1) void job.cancel();
        return 1;
      },
    };
    const sketches = { s: { slots: { trigger: emitting(payload) } }, t: { slots: { i: noop } } };
    const job = flowOf(sketches, ['s.o -> t.i'], { isolation: 'freeze' }).start('s');
    job.record$.subscribe();
    expect((await job.done).status).toBe('completed');
    expect(reads).toBe(1);
  });

  it('should show nothing active to the teardown of a task while a feed of the ended job is still to be stopped', async () => {
    let seen = '';
    const job = flowOf({
      s: {
        slots: {
          trigger: () =>
            new Observable(() => () => {
              seen = progressOf(job);
            }),
          i: noop,
        },
      },
    }).start('s');
    feed(job, 's.i', NEVER);
    await turn();
    await job.cancel();
    expect(seen).toBe('0/0');
  });

  it('should not work twice at once with a worker whose own task is cancelled by the job that borrows it', async () => {
    let [active, peak] = [0, 0];
    let inner: Job | undefined;
    const flow = flowOf({
      outer: {
        slots: {
          trigger: (_, ctx) => {
            inner = ctx.flow.start('inner');
            return NEVER;
          },
        },
      },
      inner: {
        slots: {
          trigger: (_, ctx) => {
            void ctx.flow.cancel(outer);
            return sleep(2);
          },
        },
      },
      short: {
        slots: {
          trigger: async () => {
            peak = Math.max(peak, ++active);
            await sleep(1);
            active--;
          },
        },
      },
    });
    const outer = flow.start('outer');
    await outer.done;
    await inner?.done;
    const states = await Promise.all(Array.from({ length: 5 }, () => flow.execute('short')));
    expect(states.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed', 'completed', 'completed']);
    expect(peak).toBe(1);
  });

  it('should pause all jobs in one step: who follows the first may pause, cancel or start another', async () => {
    const { promise, resolve } = deferred();
    const flow = flowOf({ s: { slots: { trigger: () => promise } } }, [], { maxWorkers: 4 });
    const [first, second, third] = [flow.start('s'), flow.start('s'), flow.start('s')];
    await turn();
    let late: Job | undefined;
    first.progress$.subscribe(({ pausing }) => {
      if (!pausing) return;
      void second.pause({ reason: 'mine' });
      void third.cancel();
      late = flow.start('s', {}, { jobId: 'late' });
    });
    const pausing = flow.pause({ reason: 'all' });
    resolve();
    expect((await pausing).map(held)).toEqual([
      ['paused', 'all'],
      ['paused', 'all'],
      ['cancelled', undefined],
    ]);
    expect((await late?.done)?.status).toBe('completed');
    await flow.shutdown({ wait: false });
  });

  it('should read the options of a pause of all jobs once, before any is paused, and give each a checkpoint of its own', async () => {
    const { promise, resolve } = deferred();
    const flow = flowOf({ s: { slots: { trigger: () => promise } } }, [], { maxWorkers: 3 });
    const [first, second, third] = [flow.start('s'), flow.start('s'), flow.start('s')];
    let reads = 0;
    const checkpoint = {
      get page() {
        reads++;
        void first.pause({ reason: 'mine' });
        void second.cancel();
        return { n: 1 };
      },
    };
    await turn();
    const pausing = flow.pause({ reason: 'all', checkpoint });
    resolve();
    await pausing;
    expect([first, second, third].map(({ state }) => held(state))).toEqual([
      ['paused', 'mine'],
      ['cancelled', undefined],
      ['paused', 'all'],
    ]);
    expect(third.state.pausePoints[0]?.checkpoint).toEqual({ page: { n: 1 } });
    expect(reads).toBe(1);
    await flow.shutdown({ wait: false });
  });

  it.each<[string, (job: Job, taskId: string) => unknown, string, object]>([
    ['its task', (job, taskId) => job.cancelTask(taskId), 'completed', { dropped: 1, failed: 0, completed: 0 }],
    ['its job', (job) => job.cancel(), 'cancelled', { failed: 0 }],
  ])(
    'should end %s once if the words of the failure of a tracked promise do so as they are asked',
    async (_, end, status, counts) => {
      let taskId = '';
      const error = {
        get message(): string {
          end(job, taskId);
          return 'no';
        },
      };
      const trigger: Handler = (__, ctx) => {
        ({ taskId } = ctx);
        ctx.emit('o');
        void ctx.track(turn().then(() => Promise.reject(error as never)));
      };
      // Something else keeps the job open.
      const job = flowOf({ s: { slots: { trigger } }, t: { slots: { i: () => sleep(5) } } }, ['s.o -> t.i']).start('s');
      const state = await job.done;
      expect(state.status).toBe(status);
      expect(state.metrics.routine('s')).toMatchObject(counts);
    },
  );

  it('should start nothing if what gives the id shuts the flow down', () => {
    const flow: Flow = flowOf({ s: { slots: { trigger: noop } } }, [], {
      newId: () => {
        void flow.shutdown({ wait: false });
        return 'late';
      },
    });
    expect(ours(thrown(() => flow.start('s'))).code).toBe('SHUT_DOWN');
    expect(flow.jobs).toEqual([]);
  });

  it('should start one job of an id, also if a getter of its parameters starts another', async () => {
    const flow = flowOf({ s: { slots: { trigger: noop } } });
    const params = {
      get n() {
        return flow.start('s', {}, { jobId: 'same' }).id;
      },
    };
    expect(ours(thrown(() => flow.start('s', params, { jobId: 'same' }))).code).toBe('DUPLICATE_JOB');
    expect(flow.jobs.map(({ id }) => id)).toEqual(['same']);
    await flow.shutdown();
  });
});
