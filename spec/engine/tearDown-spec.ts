import { Observable, type Subscriber } from 'rxjs';
import { type Flow, type FlowOptions, type Handler, type Job, JobState } from '../../lib/index.js';
import { flowOf, routine } from '../support/flows.js';
import { rest } from '../support/turns.js';
import { turn, virtualTime } from '../support/virtualTime.js';
import { handlerOf } from '../support/handlers.js';

const boom = (observer: Subscriber<never>): void => {
  observer.error(new Error('boom'));
};

/** A handler whose stream ends in a later turn, and calls back when it is left. */
const leaving =
  (end: (observer: Subscriber<never>) => void, left: () => void): Handler =>
  () =>
    new Observable<never>((observer) => {
      setImmediate(() => {
        end(observer);
      });
      return left;
    });

const flowWith = (trigger: Handler, strategy: 'stop' | 'continue' | 'retry', options: FlowOptions = {}): Flow => {
  const flow = flowOf({ s: { slots: { trigger } } }, [], { flowId: 'f', ...options });
  flow.setErrorHandler(handlerOf({ strategy, maxRetries: 1, delayMs: 4_000 }));
  return flow;
};

/** Cancels a job that may have ended. */
const cancel = (job: Job | undefined): void => {
  void job?.cancel('in the teardown').catch(() => undefined);
};

describe('the teardown of a stream that a handler has returned (D31)', () => {
  const ways: readonly [string, 'stop' | 'continue' | 'retry', (observer: Subscriber<never>) => void, string][] = [
    ['fails and stops its job', 'stop', boom, 'failed'],
    ['fails and is continued', 'continue', boom, 'completed'],
    ['fails and is to be retried', 'retry', boom, 'cancelled'],
    ['completes', 'stop', (observer) => void observer.complete(), 'completed'],
  ];

  it.each(ways)('should let the job end once, whatever it does, when the stream %s', async (_, strategy, end, status) => {
    const time = virtualTime();
    let job: Job | undefined = undefined;
    const flow = flowWith(
      leaving(end, () => {
        try {
          cancel(job);
        } catch {
          // It has ended.
        }
      }),
      strategy,
      { scheduler: time.scheduler, maxWorkers: 2 },
    );
    job = flow.start('s');
    const statuses: string[] = [];
    const ends: string[] = [];
    job.status$.subscribe((each) => statuses.push(each));
    job.record$.subscribe((record) => {
      if (record.type === 'ended') ends.push(record.status);
    });
    await time.exhaust();
    await turn();
    await time.exhaust();
    expect(statuses).toEqual(['pending', 'running', status]);
    expect([job.status, ends, flow.jobs]).toEqual([status, [status], []]);
    expect(job.state.pendingTasks).toEqual([]);
  });

  it.each(ways)('should give the worker back once when the stream %s', async (_, strategy, end) => {
    let job: Job | undefined = undefined;
    let [now, peak] = [0, 0];
    const flow = flowWith(
      leaving(end, () => {
        if (job?.status === 'running') cancel(job);
      }),
      strategy,
      { maxWorkers: 2 },
    );
    const probe = async (): Promise<void> => {
      peak = Math.max(peak, ++now);
      await rest();
      now--;
    };
    flow.addRoutine(routine({ slots: { trigger: probe } }), 'probe');
    for (let times = 0; times < 3; times++) {
      job = flow.start('s');
      await job.done;
      await turn();
    }
    await Promise.all(Array.from({ length: 20 }, () => flow.execute('probe')));
    expect(peak).toBe(2);
  });

  it('should leave no timer behind when it cancels the job whose task was to be retried (S43, X)', async () => {
    const time = virtualTime();
    let job: Job | undefined = undefined;
    const flow = flowWith(
      leaving(boom, () => {
        cancel(job);
      }),
      'retry',
      { scheduler: time.scheduler },
    );
    job = flow.start('s');
    await time.advance(0);
    await turn();
    await time.advance(0);
    expect([job.status, job.state.pendingTasks, time.timers]).toEqual(['cancelled', [], 0]);
  });

  /** The state as the teardown finds it, when the stream fails for the first time. */
  const foundBy = async (strategy: 'stop' | 'retry'): Promise<{ found: string; goOn: (found: string) => Promise<unknown> }> => {
    let found: string | undefined = undefined;
    let tries = 0;
    let job: Job | undefined = undefined;
    const trigger: Handler = (data, ctx) => {
      tries++;
      if (found !== undefined) return;
      return leaving(boom, () => {
        found ??= JSON.stringify(job?.snapshot());
      }).call(ctx.flow.routines.get('s') as never, data, ctx);
    };
    const time = virtualTime();
    const flow = flowWith(trigger, strategy, { scheduler: time.scheduler });
    job = flow.start('s');
    await time.advance(0);
    await turn();
    await time.advance(0);
    if (job.status === 'running') await job.cancel();
    const goOn = async (json: string): Promise<unknown> => {
      tries = 0;
      const again = virtualTime();
      const restored = flowWith(trigger, strategy, { scheduler: again.scheduler }).resume(JobState.fromJSON(json));
      await again.exhaust();
      return [restored.status, tries];
    };
    return { found: found as unknown as string, goOn };
  };

  it('should find a task that is to be retried among those that wait: a snapshot of then loses nothing (S82, X)', async () => {
    const { found, goOn } = await foundBy('retry');
    const { status, pendingTasks } = JobState.fromJSON(found);
    expect([status, pendingTasks.map(({ routineId, attempt }) => [routineId, attempt])]).toEqual(['paused', [['s', 2]]]);
    expect(await goOn(found)).toEqual(['completed', 1]);
  });

  it('should find the job failed that the failure has stopped', async () => {
    const { found } = await foundBy('stop');
    const { status, error } = JobState.fromJSON(found);
    expect([status, error]).toMatchObject(['failed', { code: 'TASK_FAILED' }]);
  });
});
