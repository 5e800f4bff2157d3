import { NEVER, Observable } from 'rxjs';
import type { Flow, Job } from '../../lib/index.js';
import { feed } from '../../lib/rx/index.js';
import { emitting, flowOf, progressOf, sleep } from '../support/flows.js';
import { ours, thrown } from '../support/thrown.js';
import { turn } from '../support/virtualTime.js';

const noop = (): void => undefined;

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
