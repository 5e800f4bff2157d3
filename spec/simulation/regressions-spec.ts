import { Observable, VirtualTimeScheduler } from 'rxjs';
import { type Context, ErrorHandler, Flow, type JobRecord, Routine } from '../../lib/index.js';
import { emitting, flowOf } from '../support/flows.js';
import { ours, thrown } from '../support/thrown.js';
import { turn } from '../support/virtualTime.js';

const boom = (): never => {
  throw new Error('boom');
};

const settledOnce = (records: readonly JobRecord[]): number => records.filter(({ type }) => type === 'taskSettled').length;

/** What the random flows have found, each in its smallest form. */
describe('found by random flows', () => {
  it('should settle a task that fails at once, once, and drop nothing with it (D2; seed -316278819)', async () => {
    const job = flowOf({ s: { slots: { trigger: boom } } }).start('s');
    const records: JobRecord[] = [];
    job.record$.subscribe((record) => records.push(record));
    const { metrics, status } = await job.done;
    expect(status).toBe('failed');
    expect(settledOnce(records)).toBe(1);
    expect(metrics.routine('s')).toMatchObject({ total: 1, failed: 1, dropped: 0 });
    expect(metrics.flow().droppedTasks).toBe(0);
  });

  it('should keep its limit for other jobs after a task that failed at once (S05, D14; seed -316278819)', async () => {
    let [atWork, peak] = [0, 0];
    const work = async (): Promise<void> => {
      peak = Math.max(peak, ++atWork);
      await turn();
      atWork--;
    };
    const flow = flowOf(
      { bad: { slots: { trigger: boom } }, s: { slots: { trigger: emitting({}, {}, {}, {}) } }, t: { slots: { i: work } } },
      ['s.o -> t.i'],
    );
    await flow.execute('bad');
    await Promise.all([flow.execute('s'), flow.execute('s')]);
    expect(peak).toBe(1);
  });

  it('should not count a stream that completes after its own cancel as done (D2; seed -1108442968)', async () => {
    const cancelling = (_: unknown, ctx: Context): Observable<never> =>
      new Observable((observer) => {
        ctx.cancel('enough');
        observer.complete();
      });
    const { metrics, status } = await flowOf({ s: { slots: { trigger: cancelling } } }).execute('s');
    expect(status).toBe('cancelled');
    expect(metrics.routine('s')).toMatchObject({ total: 0, completed: 0, dropped: 1 });
  });

  it.each(['fails', 'emits'])('should ignore a stream that %s after its own cancel (D2)', async (how) => {
    const cancelling = (_: unknown, ctx: Context): Observable<object> =>
      new Observable((observer) => {
        ctx.cancel('enough');
        if (how === 'fails') observer.error(new Error('late'));
        else observer.next({});
      });
    const flow = flowOf({ s: { slots: { trigger: [cancelling, { emits: 'o' }] } } });
    const { metrics, status, history } = await flow.execute('s').then((state) => ({
      ...{ metrics: state.metrics, status: state.status, history: state.history() },
    }));
    expect(status).toBe('cancelled');
    expect(metrics.routine('s')).toMatchObject({ total: 0, failed: 0, dropped: 1 });
    expect(history.map(({ eventName }) => eventName)).toEqual(['start']);
  });

  it('should answer for the rejection of a handler that has cancelled its own job before its first await (D2, X)', async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.prependListener('unhandledRejection', note);
    const cancelling = async (_: unknown, ctx: Context): Promise<void> => {
      ctx.cancel('enough');
      await turn();
      ctx.emit('o');
    };
    expect((await flowOf({ s: { slots: { trigger: cancelling } } }).execute('s')).status).toBe('cancelled');
    await turn();
    await turn();
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  it('should leave no retry pending that came due in a pause, when the job is then cancelled (S91; seed -263413879)', async () => {
    const scheduler = new VirtualTimeScheduler();
    const errorHandler = new ErrorHandler({ strategy: 'retry', delayMs: 10 });
    const job = flowOf({ s: { slots: { trigger: boom } } }, [], { scheduler, errorHandler }).start('s');
    scheduler.schedule(() => void job.pause(), 5);
    scheduler.schedule(() => void job.cancel(), 15);
    scheduler.flush();
    expect((await job.done).status).toBe('cancelled');
    expect(job.state.pendingTasks).toEqual([]);
  });

  it('should refuse to resume or pause a job that failed while it was about to pause (D12, D19; seed -602991937)', async () => {
    const scheduler = new VirtualTimeScheduler();
    const flow = new Flow({ scheduler, executionTimeoutMs: 10 });
    const slow = new Routine();
    slow.defineSlot('trigger', () => new Observable(() => undefined));
    flow.addRoutine(slow, 's');
    const job = flow.start('s');
    scheduler.schedule(() => void job.pause(), 5);
    scheduler.flush();
    expect((await job.done).status).toBe('failed');
    expect(
      ours(
        thrown(() => {
          job.resume();
        }),
      ).code,
    ).toBe('ILLEGAL_TRANSITION');
    await expect(job.pause()).rejects.toMatchObject({ code: 'ILLEGAL_TRANSITION' });
    expect(job.status).toBe('failed');
  });

  it('should count the running time before a pause that was withdrawn (D21)', () => {
    const scheduler = new VirtualTimeScheduler();
    const slow = (): Observable<never> =>
      new Observable((observer) =>
        scheduler.schedule(() => {
          observer.complete();
        }, 8),
      );
    const flow = flowOf({ s: { slots: { trigger: emitting({}, {}) } }, t: { slots: { i: slow } } }, ['s.o -> t.i'], {
      scheduler,
    });
    const job = flow.start('s', {}, { timeoutMs: 12 });
    scheduler.schedule(() => void job.pause(), 4);
    scheduler.schedule(() => {
      job.resume();
    }, 5);
    scheduler.schedule(() => void job.pause(), 6);
    scheduler.schedule(() => {
      job.resume();
    }, 100);
    scheduler.flush();
    expect(job.state).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT' } });
    expect(job.state.updatedAt.getTime()).toBe(104);
  });
});
