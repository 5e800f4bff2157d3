import { NEVER, Observable, VirtualTimeScheduler } from 'rxjs';
import { type Context, ErrorHandler, Flow, type FlowOptions, type JobRecord, JobState, Routine } from '../../lib/index.js';
import { deferred, emitting, flowOf } from '../support/flows.js';
import { ours, thrown } from '../support/thrown.js';
import { rest } from '../support/turns.js';
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

  it('should tell of nothing queued and nothing at work when a job ends that left a promise behind (S47, SC030; seed -1974470277)', async () => {
    const leaving = (_: unknown, ctx: Context): void => void ctx.track(new Promise(() => undefined));
    const job = flowOf({ s: { slots: { trigger: leaving } } }).start('s');
    const progress: unknown[] = [];
    job.progress$.subscribe((each) => progress.push(each));
    await turn();
    await job.cancel();
    expect(progress.at(-1)).toEqual({ queued: 0, active: 0, done: 1, status: 'cancelled', pausing: false });
  });

  it('should write down a job that can be read again when undefined is thrown after a promise was left behind (D5, D20)', async () => {
    const errorHandler = new ErrorHandler({ strategy: 'retry', delayMs: 10 });
    const leaving = (_: unknown, ctx: Context): never => {
      ctx.track(new Promise(() => undefined));

      throw undefined;
    };
    const job = flowOf({ s: { slots: { trigger: leaving } } }, [], { errorHandler }).start('s');
    await turn();
    const { pendingTasks } = JobState.fromJSON(JSON.stringify(job.snapshot()));
    await job.cancel();
    expect(pendingTasks.map(({ attempt }) => attempt)).toEqual([2]);
  });

  it('should time out also when its first handler asks for a pause and then never ends (D19, D21; seed -805412663)', () => {
    const scheduler = new VirtualTimeScheduler();
    const pausing = (_: unknown, ctx: Context): Observable<never> => {
      void ctx.pause();
      return NEVER;
    };
    const job = flowOf({ s: { slots: { trigger: pausing } } }, [], { scheduler, executionTimeoutMs: 10 }).start('s');
    scheduler.flush();
    expect(job.state).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT' } });
  });
});

const forwarding = (ctx: Context): void => {
  ctx.emit('o');
};

/** A job whose `s` has ended and left its context behind, while another task keeps it running until it is told to end. */
const leftBehind = (begin: (ctx: Context) => void, options: FlowOptions = {}) => {
  const open = deferred();
  const calls: string[] = [];
  let left: Context | undefined;
  const leaving = (_: unknown, ctx: Context): void => {
    calls.push('s');
    left ??= ctx;
    begin(ctx);
  };
  const sharing = (_: unknown, ctx: Context): void => {
    calls.push('t');
    ctx.shared.set('k', 't');
  };
  const make = (): Flow =>
    flowOf(
      {
        e: { slots: { trigger: emitting({}) } },
        s: { slots: { i: leaving } },
        t: { slots: { i: sharing } },
        u: { slots: { i: () => open.promise } },
      },
      ['e.o -> s.i', 'e.o -> u.i', 's.o -> t.i'],
      { flowId: 'f', emitMode: 'commit', maxWorkers: 2, ...options },
    );
  return { ...open, make, calls, ctx: () => left as Context };
};

/** What a context does that its handler has left behind, when all has been committed. */
describe("a context that is left behind, in emitMode 'commit'", () => {
  it('should count for nothing once a promise that it tracked has failed (D5, D13)', async () => {
    const errorHandler = new ErrorHandler({ strategy: 'continue' });
    const failing = (ctx: Context): void => void ctx.track(Promise.reject(new Error('tracked')));
    const { make, calls, ctx, resolve } = leftBehind(failing, { errorHandler });
    const job = make().start('e');
    await rest();
    resolve();
    const refused = thrown(() => {
      forwarding(ctx());
    });
    expect(ours(refused).code).toBe('STALE_CONTEXT');
    await job.done;
    expect(calls).toEqual(['s']);
  });

  it('should see what others have shared since, also while it tracks a promise again (D5, D13)', async () => {
    const { make, ctx, resolve } = leftBehind((own) => {
      own.shared.set('k', 's');
      forwarding(own);
    });
    const job = make().start('e');
    await rest();
    resolve();
    ctx().track(Promise.resolve());
    expect(ctx().shared.get('k')).toBe('t');
    await job.done;
  });

  it('should count each deferred event once against the limit of what a pause may gather (D22)', async () => {
    const deferring = (ctx: Context): void => {
      ctx.emitDeferred('o');
    };
    const { make, ctx, resolve } = leftBehind(deferring, { pausedLimit: 2 });
    const job = make().start('e');
    await rest();
    resolve();
    deferring(ctx());
    await job.done;
    expect(job.state.deferredEvents).toHaveLength(2);
  });

  it('should not put its task into a snapshot again when it tracks a promise after the commit (D5, D13, D23)', async () => {
    const { make, calls, ctx, promise, resolve } = leftBehind(forwarding);
    const job = make().start('e');
    await rest();
    ctx().track(promise);
    const json = JSON.stringify(job.snapshot());
    void job.cancel();
    resolve();
    await make().resume(JobState.fromJSON(json)).done;
    expect(calls).toEqual(['s', 't']);
  });
});
