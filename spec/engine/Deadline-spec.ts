import { map, type Observable, of } from 'rxjs';
import { Deadline as LoneDeadline } from '../../lib/engine/Deadline.js';
import { Steps } from '../../lib/engine/Steps.js';
import { ErrorHandler, type ExecuteOptions, type Flow, type Handler, type JobState, TimeoutError } from '../../lib/index.js';
import { callingClock } from '../support/callingClock.js';
import { clocks } from '../support/clocks.js';
import { emitting, flowOf, type Sketch } from '../support/flows.js';
import { type Marbles, marbles, starts } from '../support/marbles.js';
import { thrown } from '../support/thrown.js';
import { virtualTime } from '../support/virtualTime.js';

const idle: Sketch = { slots: { trigger: () => undefined } };

/** A flow whose second hop takes a number of virtual ms. */
const slow = ({ cold, scheduler }: Marbles, ms: number, executionTimeoutMs?: number): Flow =>
  flowOf({ s: { slots: { trigger: emitting({}) } }, t: { slots: { i: () => cold(`${ms}ms |`) } } }, ['s.o -> t.i'], {
    scheduler,
    executionTimeoutMs,
  });

/** The statuses of a run, from the frame in which it is subscribed to. */
const statuses = (flow: Flow, options: ExecuteOptions = {}): Observable<string> =>
  flow.start('s', {}, options).status$.pipe(map((status) => status.charAt(0)));

describe('Deadline', () => {
  it(
    'should end a job at its limit, downstream work included (S29, S32, S33, S35, SC023)',
    marbles((m) => {
      m.expectObservable(statuses(slow(m, 300, 100))).toBe('r 99ms (f|)');
    }),
  );

  it(
    'should record a timeout once, naming the limit (S34, SC023)',
    marbles((m) => {
      const job = slow(m, 300, 100).start('s');
      m.flush();
      const { error } = job.state;
      expect(error).toBeInstanceOf(TimeoutError);
      expect(error).toMatchObject({ code: 'TIMEOUT', retriable: true, details: { timeoutMs: 100, jobId: job.id } });
      expect(error?.message).toContain('100 ms');
      const records = job.state.history().filter(({ eventName }) => eventName === 'error');
      expect(records).toHaveLength(1);
      expect(records[0]).toMatchObject({ routineId: 't', data: { error: error?.message, error_type: 'TimeoutError' } });
    }),
  );

  it(
    'should let a run have a limit of its own, and the next one the limit of the flow (S30, SC026)',
    marbles((m) => {
      const flow = slow(m, 150, 50);
      m.expectObservable(statuses(flow, { timeoutMs: 2_000 })).toBe('r 149ms (c|)');
      m.flush();
      const next = flow.start('s');
      m.flush();
      expect(next.status).toBe('failed');
    }),
  );

  it(
    'should fail every run of a flow whose limit is too short (S29)',
    marbles((m) => {
      const flow = slow(m, 1_000, 100);
      const ended: JobState[] = [];
      for (let run = 0; run < 3; run++) {
        ended.push(flow.start('s').state);
        m.flush();
      }
      expect(ended.map(({ status }) => status)).toEqual(['failed', 'failed', 'failed']);
    }),
  );

  it(
    'should have a limit of 300 s by default, long enough for a call of 299 s (S20, S28)',
    marbles((m) => {
      expect(slow(m, 1).executionTimeoutMs).toBe(300_000);
      m.expectObservable(statuses(slow(m, 299_999))).toBe('r 299998ms (c|)');
      m.expectObservable(statuses(slow(m, 300_001))).toBe('r 299999ms (f|)');
    }),
  );

  it.each([
    ['Infinity as the limit of the flow', Infinity, {}],
    ['Infinity as the limit of the run', 10, { timeoutMs: Infinity }],
    ['a limit beyond what a platform timer can hold, work before it', 2 ** 31 + 10_000_000_000, {}],
  ])('should take %s', (_, executionTimeoutMs, options) => {
    marbles((m) => {
      const job = slow(m, 10_000_000_000, executionTimeoutMs).start('s', {}, options);
      m.flush();
      expect(job.status).toBe('completed');
      expect(m.scheduler.now()).toBe(10_000_000_000);
    })();
  });

  it(
    'should fire at a limit beyond 2^31 ms, not at once (rule 5)',
    marbles((m) => {
      const limit = 2 ** 31 + 1_000;
      const job = slow(m, limit + 500, limit).start('s');
      let endedAt = 0;
      void job.status$.subscribe({ complete: () => (endedAt = m.scheduler.now()) });
      m.flush();
      expect([job.status, endedAt]).toEqual(['failed', limit]);
    }),
  );

  it(
    'should not be asked about by an error handler: a timeout is not a task failure (S34)',
    marbles((m) => {
      for (const strategy of ['continue', 'skip', 'retry'] as const) {
        const flow = slow(m, 300, 100).setErrorHandler(new ErrorHandler({ strategy }));
        const job = flow.start('s');
        m.flush();
        expect(job.status).toBe('failed');
      }
    }),
  );

  it(
    'should end an endless loop in time, and start nothing afterwards (S32, SC025)',
    marbles((m) => {
      const loop: Sketch = {
        slots: {
          trigger: (_, ctx) => {
            ctx.emit('o', {});
            return m.cold('---------|');
          },
        },
      };
      const flow = flowOf({ s: loop }, ['s.o -> s.trigger'], { scheduler: m.scheduler, executionTimeoutMs: 30 });
      m.expectObservable(starts(flow.run$('s'))).toBe('s 8ms s 8ms s 8ms s 2ms |');
    }),
  );

  it('should end an endless loop of synchronous tasks in real time too (SC025)', async () => {
    let calls = 0;
    const loop: Sketch = {
      slots: {
        trigger: (_, ctx) => {
          calls++;
          ctx.emit('o', {});
        },
      },
    };
    const state = await flowOf({ s: loop }, ['s.o -> s.trigger'], { executionTimeoutMs: 30 }).execute('s');
    const callsAtEnd = calls;
    await new Promise((resolve) => void setTimeout(resolve, 20));
    expect(state.error).toBeInstanceOf(TimeoutError);
    expect(calls).toBe(callsAtEnd);
  });

  it(
    'should abort the signal of what is at work with the reason, and drop and count what waits (D2, S32)',
    marbles((m) => {
      const signals: AbortSignal[] = [];
      const t: Sketch = {
        slots: {
          i: (_, ctx) => {
            signals.push(ctx.signal);
            return m.cold('300ms |');
          },
        },
      };
      const flow = flowOf({ s: { slots: { trigger: emitting({}, {}, {}) } }, t }, ['s.o -> t.i'], {
        scheduler: m.scheduler,
        executionTimeoutMs: 100,
      });
      const job = flow.start('s');
      m.flush();
      expect(job.status).toBe('failed');
      expect(signals).toHaveLength(1);
      expect(signals[0]?.aborted).toBe(true);
      expect(signals[0]?.reason).toMatchObject({ code: 'STOPPED' });
      expect(job.state.pendingTasks).toEqual([]);
    }),
  );

  it(
    'should unsubscribe at the limit from what a handler returned (S32)',
    marbles((m) => {
      const work$ = m.cold('300ms |');
      const flow = flowOf({ s: { slots: { trigger: () => work$ } } }, [], { scheduler: m.scheduler, executionTimeoutMs: 100 });
      flow.start('s');
      m.expectSubscriptions(work$.subscriptions).toBe('^ 99ms !');
    }),
  );

  it(
    'should count the time of one job only, not of the flow (S29)',
    marbles((m) => {
      const { scheduler } = m;
      const flow = slow(m, 80, 100);
      m.expectObservable(statuses(flow)).toBe('r 79ms (c|)');
      m.flush();
      const second = flow.start('s');
      m.flush();
      expect([second.status, scheduler.now()]).toEqual(['completed', 160]);
    }),
  );

  it(
    'should not count the time of a pause (D21)',
    marbles((m) => {
      const flow = slow(m, 60, 100);
      const job = flow.start('s');
      m.scheduler.schedule(() => void job.pause(), 0);
      m.scheduler.schedule(() => {
        expect(job.status).toBe('paused');
        job.resume();
      }, 5_000);
      m.expectObservable(job.status$.pipe(map((status) => status.slice(0, 2)))).toBe('x 59ms y 4939ms (zc|)', {
        x: 'ru',
        y: 'pa',
        z: 'ru',
        c: 'co',
      });
    }),
  );

  it(
    'should end a job that waits for a retry alone after a pause (S29, D21)',
    marbles((m) => {
      const errorHandler = new ErrorHandler({ strategy: 'retry', maxRetries: 1, delayMs: 3_000 });
      const failing = (): never => {
        throw new Error('boom');
      };
      const flow = flowOf({ s: { slots: { trigger: failing } } }, [], { scheduler: m.scheduler, executionTimeoutMs: 100 });
      const job = flow.setErrorHandler(errorHandler).start('s');
      m.scheduler.schedule(() => void job.pause(), 10);
      m.scheduler.schedule(() => {
        job.resume();
      }, 500);
      m.expectObservable(job.status$.pipe(map((status) => status.charAt(0)))).toBe('r 9ms p 489ms r 89ms (f|)');
    }),
  );

  it(
    'should be quiet once the job has ended: the virtual clock stops there (S36, S43, SC021)',
    marbles(({ scheduler, flush }) => {
      const job = flowOf({ s: idle }, [], { scheduler }).start('s');
      flush();
      expect(job.status).toBe('completed');
      expect(scheduler.now()).toBe(0);
      expect(scheduler.actions).toEqual([]);
    }),
  );

  it(
    'should take its timer back where the job ends in a later turn (S36, S43)',
    marbles(({ scheduler, flush, cold }) => {
      flowOf({ s: { slots: { trigger: () => cold('--|') } } }, [], { scheduler }).start('s');
      flush();
      expect(scheduler.now()).toBe(2);
      expect(scheduler.actions).toEqual([]);
    }),
  );

  it.each([0, -1, NaN])('should refuse %p as a limit', (limit) => {
    const ofFlow = thrown(() => flowOf({ s: idle }, [], { executionTimeoutMs: limit }));
    const ofRun = thrown(() => flowOf({ s: idle }).start('s', {}, { timeoutMs: limit }));
    expect(ofFlow).toMatchObject({ code: 'BAD_OPTION', details: { option: 'executionTimeoutMs' } });
    expect(ofRun).toMatchObject({ code: 'BAD_OPTION', details: { option: 'timeoutMs' } });
  });

  it('should leave no timer after a run with a limit of 300 s (S43, SC021)', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const flow = flowOf({ s: { slots: { trigger: () => of(1) } }, t: idle }, ['s.o -> t.trigger'], {
      executionTimeoutMs: 300_000,
    });
    const state = await flow.execute('s');
    expect(state.status).toBe('completed');
    expect(timers()).toBeLessThanOrEqual(before);
  });

  // Clocks that handlers put forward themselves: no timer of the platform can be what ends these jobs.
  describe('while handlers keep the event loop for themselves (D32)', () => {
    afterEach(() => {
      jest.restoreAllMocks();
    });

    /** A chain of handlers that take so many ms each; tells how many have run. */
    const chain = (hops: number, ms: number, executionTimeoutMs: number) => {
      const time = clocks();
      let calls = 0;
      const hop: Handler = (_, ctx) => {
        time.forward(ms);
        if (++calls < hops) ctx.emit('o', {});
      };
      const flow = flowOf({ s: { slots: { trigger: hop } } }, ['s.o -> s.trigger'], { executionTimeoutMs });
      return { flow, ran: () => calls };
    };

    it('should fail a job whose only handler took too long: one past its limit never completes (S29, S32)', async () => {
      const { flow, ran } = chain(1, 300, 100);
      const state = await flow.execute('s');
      expect([state.status, state.error?.name, ran()]).toEqual(['failed', 'TimeoutError', 1]);
    });

    it('should fail a job between two tasks, and start no more of them (S29, S32)', async () => {
      const { flow, ran } = chain(30, 20, 100);
      const state = await flow.execute('s');
      expect([state.status, state.error?.name]).toEqual(['failed', 'TimeoutError']);
      // The sixth ends past the limit; one more may have begun before the clock was looked at.
      expect(ran()).toBeLessThanOrEqual(7);
    });

    it('should fail a job whose last task of many took too long', async () => {
      const time = clocks();
      const i: Handler = ({ n }) => {
        if (n === 9) time.forward(300);
      };
      const trigger = emitting(...Array.from({ length: 10 }, (_, n) => ({ n })));
      const flow = flowOf({ s: { slots: { trigger } }, t: { slots: { i } } }, ['s.o -> t.i'], { executionTimeoutMs: 100 });
      expect((await flow.execute('s')).error).toBeInstanceOf(TimeoutError);
    });

    it('should tell those who watch when it is found between two tasks that the time is up, without another turn of the flow', async () => {
      const busy: Sketch = {
        slots: {
          trigger: (_, ctx) => {
            ctx.emit('o', {});
            const start = performance.now();
            while (performance.now() - start < 15);
          },
        },
      };
      const flow = flowOf({ s: busy, t: { slots: { i: () => undefined } } }, ['s.o -> t.i'], { executionTimeoutMs: 5 });
      const types: string[] = [];
      const job = flow.start('s');
      job.record$.subscribe(({ type }) => types.push(type));
      await job.done;
      expect(types.at(-1)).toBe('ended');
    });

    it('should let a task begin at the very instant at which the time is up, if it comes before the timer', async () => {
      const time = virtualTime();
      const once: Handler = (_, { attempt }) => {
        if (attempt === 1) throw new Error('once');
      };
      const flow = flowOf({ s: { slots: { trigger: once } } }, [], {
        scheduler: time.scheduler,
        executionTimeoutMs: 100,
        errorHandler: new ErrorHandler({ strategy: 'retry', delayMs: 100 }),
      });
      const job = flow.start('s');
      await time.exhaust();
      expect([job.status, time.scheduler.now()]).toEqual(['completed', 100]);
    });

    it('should let a job complete that stayed within its limit', async () => {
      const { flow, ran } = chain(4, 20, 10_000);
      expect([(await flow.execute('s')).status, ran()]).toEqual(['completed', 4]);
    });
  });

  it('should leave no timer behind if the scheduler of the user ends the job while it is asked for one (D31)', () => {
    const { scheduler, timers } = callingClock((call) => {
      if (call === 'schedule') deadline.stop();
    });
    const engine = { steps: new Steps(), time: { elapsed: 0, reading: 0 }, drain: { enter: () => undefined } };
    const deadline = new LoneDeadline(
      50,
      { run: { endsAt: Infinity }, ledger: { warn: () => undefined }, plan: { settings: { scheduler } }, engine },
      { timeOut: () => undefined },
    );
    deadline.start();
    deadline.arm();
    expect([timers.size, deadline.left]).toEqual([0, 50]);
  });
});
