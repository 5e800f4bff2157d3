import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { from, Observable, tap } from 'rxjs';
import { type Context, type Data, Flow, type FlowOptions, type Job, type JobStatus } from '../../lib/index.js';
import { emitting, flowOf, routine, sleep } from '../support/flows.js';

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;

// Each was found by hand, by trying to break the engine.
describe('found by trying to break it', () => {
  describe('handlers that only await what is there already (rule 5, SC025)', () => {
    /** Goes on until somebody ends it; by then no timer would fire any more. */
    const loop = (isOver: () => boolean, options: FlowOptions = {}): Flow => {
      let hops = 0;
      const trigger = async (_: Data, ctx: Context): Promise<void> => {
        await Promise.resolve();
        if (++hops < 1_000_000 && !isOver()) ctx.emit('o');
      };
      return flowOf({ s: { slots: { trigger } } }, ['s.o -> s.trigger'], options);
    };

    it('should let timers run', async () => {
      let ticks = 0;
      const timer = setInterval(() => ticks++, 1);
      const { status } = await loop(() => ticks > 3).execute('s');
      clearInterval(timer);
      expect(status).toBe('completed');
      expect(ticks).toBeGreaterThan(3);
    });

    it('should time out', async () => {
      const { error } = await loop(() => false, { executionTimeoutMs: 20 }).execute('s');
      expect(error?.name).toBe('TimeoutError');
    });
  });

  it.each(['completes', 'is cancelled'])(
    'should warn of a stream whose teardown throws where its task %s (D2, X)',
    async (how) => {
      const flow = flowOf({
        s: {
          slots: {
            trigger: () =>
              new Observable((observer) => {
                if (how === 'completes')
                  setImmediate(() => {
                    observer.complete();
                  });
                return () => {
                  throw new Error('not even this');
                };
              }),
          },
        },
      });
      const job = flow.start('s');
      const warnings: string[] = [];
      job.record$.subscribe((record) => {
        if (record.type === 'warning') warnings.push(record.message);
      });
      await sleep(5);
      if (how === 'is cancelled') await job.cancel();
      expect((await job.done).status).toBe(how === 'completes' ? 'completed' : 'cancelled');
      expect(flow.jobs).toEqual([]);
      if (how === 'is cancelled') expect(warnings).toEqual([expect.stringContaining("'s'")]);
    },
  );

  it('should not read a synchronous stream on after its attempt was aborted (D2)', async () => {
    let made = 0;
    const numbers = function* (): Generator<object> {
      while (made < 1_000) yield { n: made++ };
    };
    const flow = flowOf({
      s: {
        slots: {
          trigger: [
            (_, ctx) =>
              from(numbers()).pipe(
                tap(() => {
                  if (made === 3) ctx.cancel();
                }),
              ),
            { emits: 'o' },
          ],
        },
      },
    });
    expect((await flow.execute('s')).status).toBe('cancelled');
    expect(made).toBeLessThan(10);
  });

  it('should hold nothing of the jobs that led to a job, where each starts the next', async () => {
    const flow = new Flow();
    const first: WeakRef<Job>[] = [];
    const r = routine({
      slots: {
        trigger: ({ n }) => {
          if ((n as number) === 0) return;
          const job = flow.start('r', { n: (n as number) - 1 });
          if (first.length < 50) first.push(new WeakRef(job));
        },
      },
    });
    flow.addRoutine(r, 'r');
    await flow.execute('r', { n: 200 });
    await sleep(50);
    collectGarbage();
    await sleep(5);
    collectGarbage();
    expect(first.filter((job) => job.deref() !== undefined).length).toBeLessThan(5);
  });

  it('should begin a job that is started while another is being cancelled from outside', async () => {
    const flow = flowOf({
      s: { slots: { trigger: () => new Promise(() => undefined) } },
      t: { slots: { trigger: () => undefined } },
    });
    const slow = routine({
      slots: {
        trigger: (_, ctx) => {
          ctx.signal.addEventListener('abort', () => void (second = flow.start('t')));
          return new Promise(() => undefined);
        },
      },
    });
    let second: Job | undefined;
    flow.addRoutine(slow, 'slow');
    const job = flow.start('slow');
    await sleep(2);
    await job.cancel();
    expect((await second?.done)?.status).toBe('completed');
  });

  it('should tell whoever cancels at the first status also of the last one (G50)', async () => {
    const job = flowOf({ s: { slots: { trigger: () => undefined } } }).start('s');
    const statuses: JobStatus[] = [];
    job.status$.subscribe((status) => {
      statuses.push(status);
      if (status === 'pending') void job.cancel();
    });
    await job.done;
    expect(statuses).toEqual(['pending', 'cancelled']);
  });

  it('should read state that goes in a circle (G58, G60)', async () => {
    const circle: Record<string, unknown> = { n: 1 };
    circle['self'] = circle;
    const flow = flowOf({
      s: {
        slots: {
          trigger: (_, ctx) => {
            ctx.shared.set('circle', circle);
            ctx.setState({ circle });
            ctx.output('circle', circle);
          },
        },
      },
    });
    const state = await flow.execute('s');
    const read = state.sharedData['circle'] as typeof circle;
    expect(read).not.toBe(circle);
    expect(read['self']).toBe(read);
    expect(state.routineState('s')?.['circle']).toEqual(read);
    expect(state.outputLog[0]?.data['n']).toBe(1);
  });

  it('should retry without jitter, and say so, where the random of the flow throws (X)', async () => {
    const { ErrorHandler } = await import('../../lib/index.js');
    const flow = flowOf({ s: { slots: { trigger: () => Promise.reject(new Error('no')) } } }, [], {
      random: () => {
        throw new Error('no dice');
      },
      errorHandler: new ErrorHandler({ strategy: 'retry', maxRetries: 1, delayMs: 1, jitter: 1 }),
    });
    const job = flow.start('s');
    const warnings: string[] = [];
    job.record$.subscribe((record) => {
      if (record.type === 'warning') warnings.push(record.message);
    });
    expect((await job.done).status).toBe('failed');
    expect(warnings).toHaveLength(1);
  });

  it("should keep its payloads from whoever watches, at every depth, with isolation 'clone' (D6)", async () => {
    const log: unknown[] = [];
    const sketches = {
      s: { slots: { trigger: emitting({ a: [1] }) } },
      t: { slots: { i: ({ a }: Data) => void log.push(a) } },
    };
    const job = flowOf(sketches, ['s.o -> t.i'], { isolation: 'clone' }).start('s');
    job.record$.subscribe((record) => {
      if ('data' in record) (record.data as { a?: unknown[] }).a?.push(2);
    });
    const state = await job.done;
    expect(log).toEqual([[1]]);
    expect(state.history('s').at(-1)?.data).toEqual({ a: [1] });
  });
});
