import { asapScheduler, concatMap, finalize, map, mergeMap, type Observable, Subject, timer, VirtualTimeScheduler } from 'rxjs';
import { ErrorHandler, Flow, type FlowOptions, type Handler, type JobState } from '../../lib/index.js';
import { clocks } from '../support/clocks.js';
import { emitting, flowOf, routine, type Sketch, sleep } from '../support/flows.js';
import { type Marbles, marbles, starts } from '../support/marbles.js';

/** Counts the handlers at work, and keeps the peak. */
const meter = (cold: Marbles['cold']) => {
  const seen = { now: 0, peak: 0, calls: 0 };
  const busy = (ms: number, first?: Handler): Handler =>
    function (data, ctx) {
      seen.calls++;
      seen.peak = Math.max(seen.peak, ++seen.now);
      first?.call(this, data, ctx);
      return cold(`${ms}ms |`).pipe(finalize(() => seen.now--));
    };
  return { seen, busy };
};

const numbered = (count: number): Handler => emitting(...Array.from({ length: count }, (_, n) => ({ n })));

/** `s` emits some payloads to `t`, which is busy for 50 ms with each. */
const spreading = (m: Marbles, count: number, options: FlowOptions = {}) => {
  const { seen, busy } = meter(m.cold);
  const sketches = { s: { slots: { trigger: numbered(count) } }, t: { slots: { i: busy(50) } } };
  return { seen, flow: flowOf(sketches, ['s.o -> t.i'], { scheduler: m.scheduler, ...options }) };
};

/** A letter for each task of `t` that starts in a run. */
const turns = (flow: Flow, entry: string, letter: string): Observable<string> =>
  starts(flow.run$(entry)).pipe(concatMap((routineId) => (routineId === 't' ? [letter] : [])));

describe('Engine', () => {
  describe('the number of workers', () => {
    it.each([
      [1, 9, 450],
      [2, 9, 250],
      [3, 9, 150],
      [9, 9, 50],
      [20, 9, 50],
    ])('should keep %i busy and never more (S17, S59, S67, SC008, S95, S96)', (maxWorkers, tasks, ms) => {
      marbles((m) => {
        const { seen, flow } = spreading(m, tasks, { maxWorkers });
        const job = flow.start('s');
        m.flush();
        expect(job.status).toBe('completed');
        expect(seen).toEqual({ now: 0, peak: Math.min(maxWorkers, tasks), calls: tasks });
        expect(m.scheduler.now()).toBe(ms);
      })();
    });

    it.each([
      [1, '(st)--t-----t-----|'],
      [2, '(stt)-t-----|'],
      [3, '(sttt)|'],
    ])('should give a task to each of %i workers, the next one where one is free (S58, S59)', (maxWorkers, frames) => {
      marbles(({ cold, scheduler, expectObservable }) => {
        const t: Sketch = { slots: { i: () => cold('------|') } };
        const flow = flowOf({ s: { slots: { trigger: numbered(3) } }, t }, ['s.o -> t.i'], { scheduler, maxWorkers });
        expectObservable(starts(flow.run$('s'))).toBe(frames);
      })();
    });

    it(
      'should count the entry among them: with one worker its target waits for it (SC007)',
      marbles((m) => {
        const { seen, busy } = meter(m.cold);
        const s: Sketch = { slots: { trigger: busy(40, emitting({})) } };
        const flow = flowOf({ s, t: { slots: { i: busy(20) } } }, ['s.o -> t.i'], { scheduler: m.scheduler });
        m.expectObservable(starts(flow.run$('s'))).toBe('s 39ms t 19ms |');
        m.flush();
        expect(seen.peak).toBe(1);
      }),
    );

    it(
      'should run one slot several times at once, each with its own payload (SC012, S60)',
      marbles(({ cold, scheduler, flush }) => {
        let now = 0;
        const peaks: number[] = [];
        const done: number[] = [];
        const t: Sketch = {
          slots: {
            i: ({ n }) => {
              peaks.push(++now);
              return cold(`${10 - Number(n)}ms (a|)`).pipe(map(() => done.push(Number(n))));
            },
          },
        };
        const flow = flowOf({ s: { slots: { trigger: numbered(4) } }, t }, ['s.o -> t.i'], { scheduler, maxWorkers: 4 });
        flow.start('s');
        flush();
        expect(peaks).toEqual([1, 2, 3, 4]);
        expect(new Set(done)).toEqual(new Set([0, 1, 2, 3]));
      }),
    );

    it(
      'should be the limit of all jobs of the flow together (S05, G66, SC011, D14)',
      marbles((m) => {
        const { seen, flow } = spreading(m, 4, { executionStrategy: 'concurrent', maxWorkers: 2 });
        const jobs = [flow.start('s'), flow.start('s')];
        m.flush();
        expect(jobs.map(({ status }) => status)).toEqual(['completed', 'completed']);
        expect(seen).toEqual({ now: 0, peak: 2, calls: 8 });
        expect(m.scheduler.now()).toBe(200);
      }),
    );

    it(
      'should not be shared by two flows (G66)',
      marbles((m) => {
        const [one, two] = [spreading(m, 4, { maxWorkers: 2 }), spreading(m, 4, { maxWorkers: 2 })];
        one.flow.start('s');
        two.flow.start('s');
        m.flush();
        expect(m.scheduler.now()).toBe(100);
      }),
    );

    it(
      'should follow a new strategy in the next run (S63)',
      marbles((m) => {
        const { seen, flow } = spreading(m, 20);
        flow.start('s');
        m.flush();
        expect(seen.peak).toBe(1);
        flow.setExecutionStrategy('concurrent', { maxWorkers: 10 });
        flow.start('s');
        m.flush();
        expect(seen.peak).toBe(10);
        flow.setExecutionStrategy('sequential');
        seen.peak = 0;
        flow.start('s');
        m.flush();
        expect(seen.peak).toBe(1);
      }),
    );

    it.each([
      ['concurrent with a number', { executionStrategy: 'concurrent', maxWorkers: 7 }, 7],
      ['a number alone', { maxWorkers: 6 }, 6],
      ['concurrent without a number', { executionStrategy: 'concurrent' }, 5],
      ['sequential', { executionStrategy: 'sequential' }, 1],
      ['nothing', {}, 1],
    ] as const)('should be overridden by a run for that run only: %s (S64, D14)', (_, options, peak) => {
      marbles((m) => {
        const { seen, flow } = spreading(m, 20);
        flow.start('s', {}, options);
        m.flush();
        expect(seen.peak).toBe(peak);
        seen.peak = 0;
        // Two, since one alone would be held by its own cap.
        flow.start('s');
        flow.start('s');
        m.flush();
        expect(seen.peak).toBe(1);
        expect([flow.executionStrategy, flow.maxWorkers]).toEqual(['sequential', 1]);
      })();
    });

    it(
      "should be the flow's own number where a run asks for concurrent without one (D14)",
      marbles((m) => {
        const { seen, flow } = spreading(m, 20, { maxWorkers: 8 });
        flow.start('s', {}, { executionStrategy: 'concurrent' });
        m.flush();
        expect(seen.peak).toBe(8);
      }),
    );

    it(
      "should be the largest of the flow's own and the caps of its running jobs, each job held to its cap (D14)",
      marbles((m) => {
        const { seen, flow } = spreading(m, 12, { maxWorkers: 2 });
        flow.start('s', {}, { maxWorkers: 4 });
        flow.start('s', {}, { executionStrategy: 'sequential' });
        m.flush();
        expect(seen.peak).toBe(4);
        expect(seen.calls).toBe(24);
      }),
    );

    it(
      'should stay as large as the caps of running jobs when the flow gets fewer, and count no paused one (D14)',
      marbles((m) => {
        const { seen, flow } = spreading(m, 12, { maxWorkers: 4 });
        const [paused] = [flow.start('s', {}, { maxWorkers: 6 }), flow.start('s')];
        m.scheduler.schedule(() => void paused.pause(), 10);
        m.scheduler.schedule(() => {
          seen.peak = 0;
          flow.setExecutionStrategy('concurrent', { maxWorkers: 1 });
        }, 120);
        m.flush();
        expect([paused.status, seen.peak]).toEqual(['paused', 4]);
        const next = flow.start('s');
        seen.peak = 0;
        m.flush();
        expect([next.status, seen.peak]).toEqual(['completed', 1]);
      }),
    );

    it(
      'should not count the cap of a job while it is paused, and count it again when it goes on (D14)',
      marbles((m) => {
        const { seen, flow } = spreading(m, 12, { maxWorkers: 2 });
        const wide = flow.start('s', {}, { maxWorkers: 8 });
        m.scheduler.schedule(() => void wide.pause(), 10);
        // Quiet at 50; others have the 2 workers of the flow between them.
        m.scheduler.schedule(() => {
          expect(wide.status).toBe('paused');
          seen.peak = 0;
          for (let n = 0; n < 3; n++) flow.start('s');
        }, 60);
        m.scheduler.schedule(() => {
          expect(seen).toMatchObject({ now: 2, peak: 2 });
          wide.resume();
        }, 215);
        m.flush();
        expect(seen).toEqual({ now: 0, peak: 8, calls: 48 });
      }),
    );

    it(
      'should hold a sequential job to one task at a time in a concurrent flow (D14, S64)',
      marbles((m) => {
        const { seen, flow } = spreading(m, 4, { maxWorkers: 5 });
        flow.start('s', {}, { executionStrategy: 'sequential' });
        m.flush();
        expect(seen.peak).toBe(1);
      }),
    );

    it(
      'should not end a concurrent job over an error that one routine may have (G47, G48, S94)',
      marbles((m) => {
        for (const strategy of ['continue', 'skip'] as const) {
          const done: unknown[] = [];
          const t: Sketch = {
            slots: {
              i: ({ n }) => {
                if (n === 2) throw new Error('two');
                return m.cold('--(a|)').pipe(map(() => done.push(n)));
              },
            },
          };
          const flow = flowOf({ s: { slots: { trigger: numbered(5) } }, t }, ['s.o -> t.i'], {
            scheduler: m.scheduler,
            maxWorkers: 5,
          });
          flow.routines.get('t')?.setErrorHandler(new ErrorHandler({ strategy }));
          const job = flow.start('s');
          m.flush();
          expect(job.status).toBe('completed');
          expect(done).toEqual([0, 1, 3, 4]);
          expect(job.state.routineState('t')?.['status']).toBe(strategy === 'continue' ? 'error_continued' : 'skipped');
        }
      }),
    );

    it(
      'should free the workers of a concurrent job that an error stops, for other jobs (G48, D2)',
      marbles((m) => {
        const t: Sketch = {
          slots: {
            i: ({ n }) => {
              if (n === 2) throw new Error('two');
              return m.cold('1000ms |');
            },
          },
        };
        const good: Sketch = { slots: { trigger: () => m.cold('-----|') } };
        const flow = flowOf({ s: { slots: { trigger: numbered(5) } }, t, good }, ['s.o -> t.i'], {
          scheduler: m.scheduler,
          maxWorkers: 3,
        });
        const failing = flow.start('s');
        const job = flow.start('good');
        m.flush();
        expect([failing.status, job.status]).toEqual(['failed', 'completed']);
        expect(m.scheduler.now()).toBe(5);
      }),
    );
  });

  describe('turns between jobs (D15)', () => {
    /** `deep` emits many tasks, `small` few; every task takes 10 ms. */
    const uneven = ({ cold, scheduler }: Marbles, options: FlowOptions = {}): Flow => {
      const t: Sketch = { slots: { i: () => cold('----------|') } };
      const sketches = { deep: { slots: { trigger: numbered(6) } }, small: { slots: { trigger: numbered(2) } }, t };
      return flowOf(sketches, ['deep.o -> t.i', 'small.o -> t.i'], { scheduler, ...options });
    };

    it(
      'should alternate, one task per job and turn, so that a deep backlog does not starve a small job',
      marbles((m) => {
        const flow = uneven(m);
        m.expectObservable(turns(flow, 'deep', 'd')).toBe(' d 19ms d 19ms d 9ms d 9ms d 9ms d 9ms |');
        m.expectObservable(turns(flow, 'small', 's')).toBe('10ms s 19ms s 9ms |');
      }),
    );

    it('should let a small job end after its share of turns, whatever waits in the other: 10,000 tasks', async () => {
      const order: string[] = [];
      const t: Sketch = { slots: { i: (_, ctx) => void order.push(ctx.job.jobId) } };
      const sketches = { deep: { slots: { trigger: numbered(10_000) } }, small: { slots: { trigger: numbered(3) } }, t };
      const flow = flowOf(sketches, ['deep.o -> t.i', 'small.o -> t.i']);
      await Promise.all([flow.execute('deep', {}, { jobId: 'deep' }), flow.execute('small', {}, { jobId: 'small' })]);
      expect(order).toHaveLength(10_003);
      expect(order.slice(0, 7).filter((id) => id === 'small')).toHaveLength(3);
    });

    it(
      'should let a job that comes later join the end of the ring, and take its turns from then on',
      marbles((m) => {
        const flow = uneven(m);
        const late$ = timer(15).pipe(mergeMap(() => turns(flow, 'small', 's')));
        m.expectObservable(turns(flow, 'deep', 'd')).toBe('d 9ms d 9ms d 19ms d 19ms d 9ms d 9ms |');
        m.expectObservable(late$).toBe('                   30ms s 19ms s 9ms |');
      }),
    );

    it(
      'should keep the place of a job that is paused and resumed while every worker is busy',
      marbles(({ cold, scheduler, expectObservable }) => {
        const order$ = new Subject<string>();
        const busy: Sketch = { slots: { trigger: () => cold('----------|') } };
        const quick: Sketch = { slots: { trigger: (_, ctx) => void order$.next(ctx.job.jobId) } };
        const flow = flowOf({ busy, quick }, [], { scheduler });
        flow.start('busy');
        const [a] = [flow.start('quick', {}, { jobId: 'a' }), flow.start('quick', {}, { jobId: 'b' })];
        timer(3).subscribe(() => void a.pause());
        timer(5).subscribe(() => {
          a.resume();
        });
        expectObservable(order$).toBe('10ms (ab)');
      }),
    );

    it(
      'should put a retry that is due at the end of the queue of its job',
      marbles(({ cold, scheduler, expectObservable }) => {
        let failures = 1;
        const a: Sketch = {
          slots: {
            i: () => {
              if (failures-- > 0) throw new Error('once');
            },
          },
        };
        const b: Sketch = { slots: { i: () => cold('----------|') } };
        const flow = flowOf({ s: { slots: { trigger: numbered(2) } }, a, b }, ['s.o -> a.i', 's.o -> b.i'], { scheduler });
        flow.routines.get('a')?.setErrorHandler(new ErrorHandler({ strategy: 'retry', delayMs: 5 }));
        // a fails; b takes 10 ms, the retry is due at 5 and goes behind the a and b that wait.
        expectObservable(starts(flow.run$('s'))).toBe('(sab)-----(ab)------(a|)');
      }),
    );
  });

  describe('a run started inside a handler (D16)', () => {
    /** `outer` runs `inner` on the same flow and waits for it. */
    const nesting = (depth: number, options: FlowOptions = {}) => {
      const log: string[] = [];
      const flow = new Flow(options);
      const nest: Handler = async ({ level = 0 }, ctx) => {
        log.push(`in ${String(level)}`);
        if (Number(level) < depth) {
          const inner = await ctx.flow.execute('s', { level: Number(level) + 1 });
          log.push(`${inner.status} ${String(Number(level) + 1)}`, ctx.job.jobId === inner.jobId ? 'same' : 'own');
          ctx.emit('o', {});
        }
      };
      flow.addRoutine(routine({ slots: { trigger: nest } }), 's');
      flow.addRoutine(routine({ slots: { i: (_, ctx) => void log.push(`t of ${ctx.job.jobId.slice(0, 5)}`) } }), 't');
      flow.connect('s', 'o', 't', 'i');
      return { flow, log };
    };

    const ENDS = { executionTimeoutMs: 5_000 };

    it('should borrow of the handler above if its own has ended before it began', async () => {
      let c: Promise<JobState> | undefined;
      const flow = flowOf(
        {
          a: {
            slots: {
              trigger: async (_, ctx) => {
                await ctx.flow.execute('b');
                await c;
              },
            },
          },
          b: { slots: { trigger: (_, ctx) => void (c = ctx.flow.execute('c')) } },
          c: { slots: { trigger: () => sleep(1) } },
        },
        [],
        ENDS,
      );
      expect((await flow.execute('a')).status).toBe('completed');
      expect((await c)?.status).toBe('completed');
    });

    it('should borrow of the handler above if its own ends while it waits', async () => {
      const runs: Promise<JobState>[] = [];
      const flow = flowOf(
        {
          a: {
            slots: {
              trigger: async (_, ctx) => {
                await ctx.flow.execute('b');
                await Promise.all(runs);
              },
            },
          },
          b: {
            slots: {
              trigger: async (_, ctx) => {
                for (let n = 0; n < 3; n++) runs.push(ctx.flow.execute('c'));
                await sleep(5);
              },
            },
          },
          c: { slots: { trigger: () => sleep(20) } },
        },
        [],
        ENDS,
      );
      expect((await flow.execute('a')).status).toBe('completed');
      expect((await Promise.all(runs)).map(({ status }) => status)).toEqual(['completed', 'completed', 'completed']);
    });

    it('should borrow of the handler above at once, although the run to which its own has lent the worker waits for it', async () => {
      const runs: Promise<JobState>[] = [];
      const flow = flowOf(
        {
          a: {
            slots: {
              trigger: async (_, ctx) => {
                await ctx.flow.execute('b');
                await Promise.all(runs);
              },
            },
          },
          b: {
            slots: {
              trigger: async (_, ctx) => {
                for (const entry of ['c', 'd']) runs.push(ctx.flow.execute(entry));
                await sleep(5);
              },
            },
          },
          c: { slots: { trigger: async () => void (await runs[1]) } },
          d: { slots: { trigger: () => undefined } },
        },
        [],
        ENDS,
      );
      expect((await flow.execute('a')).status).toBe('completed');
    });

    it('should borrow its worker: nested executes of a sequential flow do not deadlock', async () => {
      const { flow, log } = nesting(2, { executionTimeoutMs: 60_000 });
      const state = await flow.execute('s', {}, { jobId: 'outer' });
      expect(state.status).toBe('completed');
      expect(log.filter((line) => !line.startsWith('t of'))).toEqual([
        'in 0',
        'in 1',
        'in 2',
        'completed 2',
        'own',
        'completed 1',
        'own',
      ]);
      expect(log.at(-1)).toBe('t of outer');
    });

    it('should go to any depth', async () => {
      const { flow, log } = nesting(50, { executionTimeoutMs: 5_000 });
      expect((await flow.execute('s')).status).toBe('completed');
      expect(log.filter((line) => line.startsWith('in '))).toHaveLength(51);
    });

    it('should not take more than that worker: other handlers of a sequential flow stay at one', async () => {
      let now = 0;
      let peak = 0;
      const flow = new Flow({ executionTimeoutMs: 60_000 });
      const count: Handler = async () => {
        peak = Math.max(peak, ++now);
        await Promise.resolve();
        now--;
      };
      flow.addRoutine(routine({ slots: { trigger: emitting({}, {}, {}) } }), 'inner');
      flow.addRoutine(routine({ slots: { i: count } }), 't');
      flow.addRoutine(
        routine({ slots: { trigger: (_, ctx) => Promise.all([1, 2, 3].map(() => ctx.flow.execute('inner'))) } }),
        'outer',
      );
      flow.connect('inner', 'o', 't', 'i');
      const states = await Promise.all([flow.execute('outer'), flow.execute('inner')]);
      expect(states.map(({ status }) => status)).toEqual(['completed', 'completed']);
      expect(peak).toBe(1);
    });

    it('should give the outer handler its own context back (SC039, S55)', async () => {
      const ids: string[] = [];
      const flow = new Flow();
      const outer: Handler = async (_, ctx) => {
        const inner = await ctx.flow.execute('inner');
        ids.push(inner.jobId, ctx.job.jobId);
        ctx.emit('o', {});
      };
      flow.addRoutine(routine({ slots: { trigger: () => undefined } }), 'inner');
      flow.addRoutine(routine({ slots: { trigger: outer } }), 'outer');
      flow.addRoutine(routine({ slots: { i: (_, ctx) => void ids.push(ctx.job.jobId) } }), 't');
      flow.connect('outer', 'o', 't', 'i');
      const state = await flow.execute('outer');
      expect(ids.slice(1)).toEqual([state.jobId, state.jobId]);
      expect(ids[0]).not.toBe(state.jobId);
    });

    it.each([
      ['at once', (): unknown => undefined],
      ['later', () => sleep(1)],
    ])('should end although it cancels the job whose handler waits for it, and answers %s', async (_, answer) => {
      const flow: Flow = flowOf({
        outer: { slots: { trigger: (_data, ctx) => ctx.flow.execute('inner') } },
        inner: {
          slots: {
            trigger: () => {
              void outer.cancel();
              return answer();
            },
          },
        },
      });
      const outer = flow.start('outer');
      expect((await outer.done).status).toBe('cancelled');
      await sleep(5);
      expect([flow.jobs, (await flow.execute('inner')).status]).toEqual([[], 'completed']);
    });

    it('should work across two flows that run each other', async () => {
      const inner = flowOf({ s: { slots: { trigger: () => Promise.resolve() } } });
      const outer = flowOf({
        s: { slots: { trigger: async (_, ctx) => ctx.setState({ inner: (await inner.execute('s')).status }) } },
      });
      expect((await outer.execute('s')).routineState('s')).toMatchObject({ inner: 'completed' });
    });
  });

  describe('yielding (rule 5)', () => {
    const loop = (hops: number): Sketch => ({
      slots: {
        trigger: ({ n = 0 }, ctx) => {
          if (Number(n) + 1 < hops) ctx.emit('o', { n: Number(n) + 1 });
        },
      },
    });

    it('should not be had from asapScheduler, which lets no timer run between its turns', async () => {
      let fired = 0;
      const ticking = setInterval(() => fired++, 1);
      await new Promise<void>((resolve) => {
        const until = performance.now() + 30;
        const turn = (): void => {
          if (performance.now() < until) asapScheduler.schedule(turn);
          else resolve();
        };
        turn();
      });
      clearInterval(ticking);
      expect(fired).toBe(0);
    });

    it('should let timers fire while a million synchronous tasks run', async () => {
      let fired = 0;
      const flow = flowOf({ s: loop(1_000_000) }, ['s.o -> s.trigger'], { history: 0 });
      const ticking = setInterval(() => fired++, 1);
      const immediate = new Promise<string>((resolve) => void setImmediate(() => resolve(flow.jobs[0]?.status ?? 'gone')));
      const state = await flow.execute('s');
      clearInterval(ticking);
      expect(state.status).toBe('completed');
      expect(state.metrics.routine('s')?.total).toBe(1_000_000);
      expect(fired).toBeGreaterThan(3);
      expect(await immediate).toBe('running');
    });

    it('should not yield under a virtual-time scheduler: one flush does it all, in no time', () => {
      const scheduler = new VirtualTimeScheduler();
      const job = flowOf({ s: loop(100_000) }, ['s.o -> s.trigger'], { scheduler }).start('s');
      scheduler.flush();
      expect(job.status).toBe('completed');
      expect(scheduler.now()).toBe(0);
    });

    it('should not block the caller, who goes on first (S14, D17)', async () => {
      const log: string[] = [];
      const done = flowOf({ s: { slots: { trigger: () => void log.push('handler') } } }).execute('s');
      log.push('caller');
      await done;
      expect(log).toEqual(['caller', 'handler']);
    });
  });

  it('should take its clock from the scheduler alone (rule 6)', () => {
    const scheduler = new VirtualTimeScheduler();
    const ids = ['one', 'two'];
    const flow = flowOf({ s: { slots: { trigger: emitting({}) } } }, [], { scheduler, newId: () => ids.shift() ?? 'none' });
    const first = flow.start('s');
    scheduler.schedule(() => flow.start('s'), 25);
    scheduler.flush();
    expect(first.id).toBe('one');
    expect(first.state.createdAt.getTime()).toBe(0);
    expect(first.state.history().map(({ timestamp }) => timestamp.getTime())).toEqual([0, 0]);
    expect(ids).toEqual([]);
  });

  describe('the clock (rule 5)', () => {
    afterEach(() => {
      jest.restoreAllMocks();
    });

    it('should be read after each promise: what comes after a long stretch behind an await has its own time (D20)', async () => {
      const time = clocks();
      const trigger = async (): Promise<void> => {
        await Promise.resolve();
        time.forward(60_000);
        throw new Error('too late');
      };
      const errorHandler = new ErrorHandler({ strategy: 'continue' });
      const state = await flowOf({ s: { slots: { trigger } } }, [], { errorHandler }).execute('s');
      const [error] = state.history().filter(({ eventName }) => eventName === 'error_continued');
      expect(Number(error?.timestamp) - state.createdAt.getTime()).toBeGreaterThan(59_000);
      expect(state.updatedAt.getTime() - state.createdAt.getTime()).toBeGreaterThan(59_000);
    });

    it('should end a slice also where all its work is done behind awaits', async () => {
      const time = clocks();
      let ran = 0;
      const i = async (): Promise<void> => {
        await Promise.resolve();
        ran++;
        time.forward(10);
      };
      const flow = flowOf({ s: { slots: { trigger: numbered(40) } }, t: { slots: { i } } }, ['s.o -> t.i']);
      const done = flow.execute('s');
      const atTurn = await new Promise<number>((resolve) => void setImmediate(() => resolve(ran)));
      await done;
      expect(atTurn).toBeLessThanOrEqual(2);
      expect(ran).toBe(40);
    });
  });
});
