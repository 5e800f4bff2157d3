import { AsyncLocalStorage } from 'node:async_hooks';
import {
  concatMap,
  defer,
  filter,
  from,
  interval,
  lastValueFrom,
  map,
  mergeMap,
  Observable,
  Subject,
  take,
  tap,
  timer,
} from 'rxjs';
import {
  type Context,
  currentContext,
  type Data,
  Flow,
  type FlowOptions,
  type Handler,
  Routine,
  type SlotOptions,
} from '../../lib/index.js';
import { fromOperator } from '../../lib/rx/index.js';
import { emitting, flowOf, noting, routine, sleep } from '../support/flows.js';
import { rest } from '../support/turns.js';

/** A routine of the kind most users write: its handler emits on itself, before and after an `await`. */
class Relay extends Routine {
  readonly output = this.defineEvent<{ n: number; at: string }>('o');
  readonly trigger = this.defineSlot('trigger', async ({ n }: { n: number }) => {
    this.emit(this.output, { n, at: 'before' });
    // Time for what it has emitted, on a busy machine too.
    await rest();
    await sleep(n % 3);
    this.emit('o', { n, at: 'after' });
  });
}

const relayFlow = (log: unknown[], options: FlowOptions = {}): Flow => {
  const flow = new Flow(options);
  flow.addRoutine(new Relay(), 'relay');
  flow.addRoutine(routine({ slots: { i: ({ n, at }, ctx) => void log.push([ctx.job.jobId, n, at]) } }), 't');
  flow.connect('relay', 'o', 't', 'i');
  return flow;
};

describe('this.emit (S54)', () => {
  it('should find its job by itself, before an await and after it (S54, S55)', async () => {
    const log: unknown[] = [];
    const state = await relayFlow(log).execute('relay', { n: 1 }, { jobId: 'job' });
    expect(state.status).toBe('completed');
    expect(log).toEqual([
      ['job', 1, 'before'],
      ['job', 1, 'after'],
    ]);
    expect(state.history('relay').map(({ eventName }) => eventName)).toEqual(['start', 'o', 'o']);
  });

  it('should find the right one of 100 interleaved runs of one routine (G67, X)', async () => {
    const log: [string, number, string][] = [];
    const flow = relayFlow(log, { maxWorkers: 20 });
    const runs = Array.from({ length: 100 }, (_, n) => flow.execute('relay', { n }, { jobId: `job ${n}` }));
    const states = await Promise.all(runs);
    expect(states.every(({ status }) => status === 'completed')).toBe(true);
    expect(log).toHaveLength(200);
    expect(log.filter(([jobId, n]) => jobId !== `job ${n}`)).toEqual([]);
    for (const state of states) expect(state.metrics.routine('t')?.total).toBe(2);
  });

  it('should find it from callbacks and timers that the handler leaves (S54)', async () => {
    const log: string[] = [];
    const node = routine({
      slots: {
        trigger: (_, ctx) =>
          void ctx.track(
            new Promise<void>((resolve) => {
              setTimeout(() => {
                node.emit('o', {});
                resolve();
              }, 2);
            }),
          ),
      },
    });
    const flow = new Flow();
    flow.addRoutine(node, 's');
    flow.addRoutine(routine({ slots: { i: noting(log, 't') } }), 't');
    flow.connect('s', 'o', 't', 'i');
    expect((await flow.execute('s')).status).toBe('completed');
    expect(log).toEqual(['t']);
  });

  it.each<[string, 'auto' | 'off', (work: () => Promise<void>) => unknown]>(
    (['auto', 'off'] as const).flatMap((asyncContext): [string, 'auto' | 'off', (work: () => Promise<void>) => unknown][] => [
      [
        'the body of an async generator',
        asyncContext,
        async function* (work) {
          await work();
          yield {};
        },
      ],
      ['the factory of an observable', asyncContext, (work) => defer(work)],
      [
        'the subscriber of an observable',
        asyncContext,
        (work) => new Observable((observer) => void work().then(() => observer.complete())),
      ],
    ]),
  )(
    'should find it in %s that the handler returns, asyncContext %s: a nested run borrows its worker (S54, D16)',
    async (_, asyncContext, answer) => {
      const log: unknown[] = [];
      const nested = async (): Promise<void> => {
        const here = currentContext();
        made.emit('o', { n: 1 });
        log.push((await flow.execute('child')).status, here?.routineId);
      };
      const made = routine({ slots: { trigger: () => answer(nested) } });
      const t = { slots: { i: noting(log, ({ n }) => n) } };
      const flow = flowOf({ child: { slots: { trigger: () => sleep(1) } }, t }, [], { asyncContext, executionTimeoutMs: 60_000 });
      flow.addRoutine(made, 's');
      flow.connect('s', 'o', 't', 'i');
      const state = await flow.execute('s');
      expect([state.status, log]).toEqual(['completed', ['completed', 's', 1]]);
      expect(state.history().map(({ eventName }) => eventName)).toEqual(['start', 'o']);
    },
  );

  it.each<[string, (then: (resolve: () => void) => void) => unknown]>([
    ['a thenable', (then) => ({ then })],
    ['a promise with a `then` of its own', (then) => Object.assign(Promise.resolve(), { then })],
    [
      'a promise of a class of its own',
      (then) => {
        class Lazy extends Promise<void> {
          override then(...[resolve]: Parameters<Promise<void>['then']>): never {
            then(resolve as () => void);
            return undefined as never;
          }
        }
        return new Lazy(() => undefined);
      },
    ],
  ])('should find it in the `then` of %s that the handler returns, which is asked in a microtask (S54)', async (_, make) => {
    let here: Context | undefined;
    const answer = make((resolve) => {
      here = currentContext();
      resolve();
    });
    const state = await flowOf({ s: { slots: { trigger: () => answer } } }).execute('s');
    expect([state.status, here?.routineId]).toEqual(['completed', 's']);
  });

  it('should emit for a helper routine of the same flow too', async () => {
    const log: unknown[] = [];
    const helper = routine({ events: ['said'] });
    const flow = flowOf({
      s: {
        slots: {
          trigger: async () => {
            await sleep(1);
            helper.emit('said', { n: 1 });
          },
        },
      },
      t: { slots: { i: noting(log, ({ n }) => n) } },
    });
    flow.addRoutine(helper, 'helper');
    flow.connect('helper', 'said', 't', 'i');
    const state = await flow.execute('s');
    expect(log).toEqual([1]);
    expect(state.history('helper').map(({ eventName }) => eventName)).toEqual(['said']);
  });

  it('should deliver alike where the flow is named (S56)', async () => {
    const log: unknown[] = [];
    class Named extends Routine {
      readonly output = this.defineEvent('o');
      readonly trigger = this.defineSlot('trigger', (_: object, ctx) => {
        this.emit('o', { n: 1 }, { flow: ctx.flow });
        log.push('emitted');
      });
    }
    const flow = flowOf({ t: { slots: { i: noting(log, ({ n }) => n) } } });
    flow.addRoutine(new Named(), 's');
    flow.connect('s', 'o', 't', 'i');
    expect((await flow.execute('s')).status).toBe('completed');
    expect(log).toEqual(['emitted', 1]);
  });

  it('should find its job in a retry as well, after a resume as well (S55)', async () => {
    const log: unknown[] = [];
    let calls = 0;
    class Twice extends Routine {
      readonly output = this.defineEvent('o');
      readonly trigger = this.defineSlot('trigger', async (_: object, ctx) => {
        await sleep(0);
        if (++calls === 1) throw new Error('once');
        void ctx.pause();
        this.emit('o', { n: calls });
      });
    }
    class Onward extends Routine {
      readonly output = this.defineEvent('o');
      readonly i = this.defineSlot('i', async ({ n }: { n?: number }) => {
        await sleep(0);
        this.emit('o', { n });
      });
    }
    const flow = flowOf({ t: { slots: { i: noting(log, ({ n }) => n) } } });
    flow.addRoutine(new Twice().setAsCritical({ delayMs: 1 }), 's');
    flow.addRoutine(new Onward(), 'm');
    flow.connect('s', 'o', 'm', 'i');
    flow.connect('m', 'o', 't', 'i');
    const job = flow.start('s');
    job.status$.subscribe((status) => {
      if (status === 'paused') setImmediate(() => job.resume());
    });
    expect((await job.done).status).toBe('completed');
    expect(log).toEqual([2]);
  });

  describe("with asyncContext: 'off'", () => {
    it('should find its job before the first await', async () => {
      const log: unknown[] = [];
      class Sync extends Routine {
        readonly output = this.defineEvent('o');
        readonly trigger = this.defineSlot('trigger', () => this.emit('o', { n: 1 }));
      }
      const flow = flowOf({ t: { slots: { i: noting(log, ({ n }) => n) } } }, [], { asyncContext: 'off' });
      flow.addRoutine(new Sync(), 's');
      flow.connect('s', 'o', 't', 'i');
      const state = await flow.execute('s');
      expect([state.status, log]).toEqual(['completed', [1]]);
    });

    it('should say NO_CONTEXT after an await, naming ctx.emit, and deliver nothing (D26)', async () => {
      const log: unknown[] = [];
      const state = await relayFlow(log, { asyncContext: 'off', maxWorkers: 2 }).execute('relay', { n: 1 }, { jobId: 'job' });
      expect(state.status).toBe('failed');
      const cause = state.error?.cause as Error;
      expect(cause).toMatchObject({ code: 'NO_CONTEXT', details: { call: "emit('o')" } });
      expect(cause.message).toContain('ctx.emit');
      expect(log).toEqual([['job', 1, 'before']]);
    });
  });
});

describe('whoever owns a run in a handler', () => {
  it.each(['auto', 'off'] as const)(
    'should be in the handler when he hears of it: the next run borrows its worker too, asyncContext %s (D16)',
    async (asyncContext) => {
      const seen = new Set<unknown>();
      const trigger = (): Observable<unknown> =>
        from([1, 2, 3]).pipe(
          concatMap((n) => flow.run$('child', { n })),
          tap(() => seen.add(currentContext()?.routineId)),
        );
      const flow: Flow = flowOf({ s: { slots: { trigger } }, child: { slots: { trigger: () => sleep(1) } } }, [], {
        asyncContext,
        executionTimeoutMs: 60_000,
      });
      expect([(await flow.execute('s')).status, [...seen]]).toEqual(['completed', ['s']]);
    },
  );
});

describe('whoever watches a job', () => {
  /** Handlers that come back to the flow in their own context: a stream that emits later, and an `emit` after an `await`. */
  const WAYS: readonly [string, Handler, SlotOptions][] = [
    [
      'an observable that it has returned',
      () =>
        interval(1).pipe(
          take(2),
          map((n) => ({ n })),
        ),
      { emits: 'o' },
    ],
    [
      'a generator that it has returned',
      async function* () {
        await sleep(1);
        yield { n: 0 };
        yield { n: 1 };
      },
      { emits: 'o' },
    ],
    [
      'ctx.emit after an await',
      async (_, ctx) => {
        await sleep(1);
        ctx.emit('o', { n: 0 });
      },
      {},
    ],
  ];

  it.each(WAYS)('should be told in nobody’s context when a handler goes on by %s (G15)', async (_, trigger, options) => {
    const seen = new Set<unknown>();
    const codes: unknown[] = [];
    const flow = flowOf({ s: { slots: { trigger: [trigger, options] } }, t: { slots: { i: () => undefined } } }, ['s.o -> t.i']);
    const job = flow.start('s');
    job.record$.subscribe(({ type }) => {
      seen.add(currentContext());
      if (type !== 'emitted') return;
      try {
        void job.done;
        codes.push('may wait');
      } catch (error) {
        codes.push(error);
      }
    });
    for (const view$ of [job.status$, job.progress$, job.event$('s.o')] as Observable<unknown>[])
      view$.subscribe(() => seen.add(currentContext()));
    await job.done;
    expect([[...seen], new Set(codes)]).toEqual([[undefined], new Set(['may wait'])]);
  });

  it.each(['auto', 'off'] as const)(
    'should be told in nobody’s context while a handler of another flow is on the stack, asyncContext %s (G15)',
    async (asyncContext) => {
      const seen: unknown[] = [];
      const other = flowOf({ s: { slots: { trigger: () => sleep(1_000) } } }).start('s');
      other.status$.subscribe((status) => {
        if (status === 'cancelled') seen.push(currentContext());
      });
      const trigger: Handler = (_, ctx) => {
        void other.cancel();
        seen.push(currentContext() === ctx);
      };
      await flowOf({ s: { slots: { trigger } } }, [], { asyncContext }).execute('s');
      expect(seen).toEqual([undefined, true]);
    },
  );

  it.each(WAYS)('should start jobs that borrow no worker, when a handler goes on by %s (S58)', async (_, trigger, options) => {
    const log: string[] = [];
    const child = async (): Promise<void> => {
      log.push('begins');
      await sleep(2);
      log.push('ends');
    };
    const flow = flowOf({ s: { slots: { trigger: [trigger, options] } }, c: { slots: { trigger: child } } });
    const job = flow.start('s');
    const started: Promise<unknown>[] = [];
    job.record$.subscribe(({ type }) => {
      if (type === 'emitted' && started.length === 0) started.push(flow.execute('c'));
      if (type === 'taskSettled') log.push('settled');
    });
    await job.done;
    await Promise.all(started);
    expect(log).toEqual(['settled', 'begins', 'ends']);
  });
});

describe('currentContext', () => {
  it('should be undefined outside a handler (G15, SC098)', async () => {
    expect(currentContext()).toBeUndefined();
    const flow = flowOf({ s: { slots: { trigger: () => sleep(1) } } });
    const done = flow.execute('s');
    expect(currentContext()).toBeUndefined();
    await done;
    expect(currentContext()).toBeUndefined();
  });

  it('should be the very context of the handler, also after an await, and name its place (G15)', async () => {
    const seen: unknown[] = [];
    const flow = flowOf({
      s: {
        slots: {
          trigger: async (_, ctx) => {
            seen.push(currentContext() === ctx);
            await sleep(1);
            seen.push(currentContext() === ctx, ctx.flow === flow, ctx.routineId, ctx.slot, ctx.attempt);
          },
        },
      },
    });
    const state = await flow.execute('s');
    expect(state.status).toBe('completed');
    expect(seen).toEqual([true, true, true, 's', 'trigger', 1]);
  });

  it('should be that of each task, whichever one ended before it (rule 1)', async () => {
    const seen: unknown[] = [];
    const flow = flowOf(
      {
        s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }) } },
        t: {
          slots: {
            i: async ({ n }, ctx) => {
              await sleep(Number(n));
              seen.push([n, currentContext()?.taskId === ctx.taskId]);
            },
          },
        },
      },
      ['s.o -> t.i'],
    );
    await flow.execute('s');
    expect(seen).toEqual([
      [1, true],
      [2, true],
    ]);
    expect(currentContext()).toBeUndefined();
  });

  it("should be known before the first await only, with asyncContext: 'off'", async () => {
    const seen: unknown[] = [];
    const s = {
      slots: {
        trigger: async () => {
          seen.push(currentContext()?.routineId);
          await sleep(1);
          seen.push(currentContext());
        },
      },
    };
    await flowOf({ s }, [], { asyncContext: 'off' }).execute('s');
    expect(seen).toEqual(['s', undefined]);
  });
});

describe("a caller's own async storage (rule 1)", () => {
  const storage = new AsyncLocalStorage<string>();

  it('should be lost the naive way: a waiting task runs in the context of whatever ended before it', async () => {
    const seen: unknown[] = [];
    const tasks$ = new Subject<string>();
    const ran$ = tasks$.pipe(mergeMap((name) => sleep(1).then(() => seen.push([name, storage.getStore()])), 1));
    const over = lastValueFrom(ran$);
    for (const name of ['a', 'b']) storage.run(name, () => tasks$.next(name));
    tasks$.complete();
    await over;
    expect(seen).toEqual([
      ['a', 'a'],
      ['b', 'a'],
    ]);
  });

  it('should be there in every task of the job that was started in it, jobs taking turns on one worker', async () => {
    const seen: [string, string | undefined][] = [];
    const note = async (_: object, ctx: Context): Promise<void> => {
      seen.push([ctx.job.jobId, storage.getStore()]);
      await sleep(1);
      seen.push([ctx.job.jobId, storage.getStore()]);
    };
    const flow = flowOf({ s: { slots: { trigger: emitting({}, {}) } }, t: { slots: { i: note } } }, ['s.o -> t.i']);
    await Promise.all(['a', 'b'].map((name) => storage.run(name, () => flow.execute('s', {}, { jobId: name }))));
    expect(seen).toHaveLength(8);
    expect(seen.filter(([jobId, stored]) => jobId !== stored)).toEqual([]);
  });

  it('should be there where the promise of another job is fulfilled between the start of a job and its first task', async () => {
    const seen: [string, string | undefined][] = [];
    let answer: () => void = () => undefined;
    const flow = flowOf(
      {
        slow: { slots: { trigger: () => new Promise<void>((resolve) => (answer = resolve)) } },
        quick: { slots: { trigger: (_: object, ctx: Context) => void seen.push([ctx.job.jobId, storage.getStore()]) } },
      },
      [],
      { maxWorkers: 3 },
    );
    const slow = storage.run('slow', () => flow.start('slow'));
    await sleep(1);
    // Its microtask is the first, and the jobs after it have not begun.
    answer();
    const jobs = ['a', 'b'].map((jobId) => storage.run(jobId, () => flow.start('quick', {}, { jobId })));
    await Promise.all([slow, ...jobs].map(({ done }) => done));
    expect(seen).toEqual([
      ['a', 'a'],
      ['b', 'b'],
    ]);
  });

  it.each(['a timer', 'a promise', 'a stream'])('should be there in the tasks after %s', async (kind) => {
    const seen: (string | undefined)[] = [];
    const waits: Record<string, () => unknown> = {
      'a timer': () => undefined,
      'a promise': () => sleep(1),
      'a stream': () => timer(1),
    };
    const again = (data: { n?: number }, ctx: Context): unknown => {
      seen.push(storage.getStore());
      if ((data.n ?? 0) === 3) return undefined;
      const emit = (): void => ctx.emit('o', { n: (data.n ?? 0) + 1 });
      if (kind === 'a timer') void ctx.track(sleep(1).then(emit));
      else emit();
      return waits[kind]?.();
    };
    const flow = flowOf({ s: { slots: { trigger: again } } }, ['s.o -> s.trigger']);
    const other = flowOf({ s: { slots: { trigger: again } } }, ['s.o -> s.trigger']);
    await storage.run('mine', () => flow.execute('s'));
    expect(seen).toEqual(['mine', 'mine', 'mine', 'mine']);
    await other.execute('s');
    expect(seen.slice(4)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('should be there in the streams and the tasks of a job that somebody else paused and resumed before it began', async () => {
    const seen: unknown[] = [];
    let answer: () => void = () => undefined;
    const op = fromOperator('op', (source$: Observable<Data>) =>
      defer(() => {
        seen.push(['op', storage.getStore()]);
        return source$;
      }),
    );
    const flow = flowOf(
      {
        slow: { slots: { trigger: () => new Promise<void>((resolve) => (answer = resolve)) } },
        s: {
          slots: {
            trigger: (_, ctx) => {
              seen.push(['s', storage.getStore()]);
              ctx.emit('o', {});
            },
          },
        },
      },
      [],
      { maxWorkers: 3 },
    );
    flow.addRoutine(op, 'op');
    flow.connect('s', 'o', 'op', 'input');
    const slow = storage.run('theirs', () => flow.start('slow'));
    await sleep(1);
    answer();
    const job = storage.run('mine', () => flow.start('s'));
    storage.run('theirs', () => {
      void job.pause();
      job.resume();
    });
    await Promise.all([slow.done, job.done]);
    expect(seen).toEqual([
      ['op', 'mine'],
      ['s', 'mine'],
    ]);
  });

  it('should be there where whoever watches the first stretch of a job drives it on, in a context of his', async () => {
    const seen: (string | undefined)[] = [];
    const answer$ = new Subject<Data>();
    const flow = flowOf(
      {
        s: { slots: { trigger: [() => answer$, { emits: 'o' }] } },
        t: { slots: { i: () => void seen.push(storage.getStore()) } },
      },
      ['s.o -> t.i'],
      { maxWorkers: 2 },
    );
    const job = storage.run('mine', () => flow.start('s'));
    job.progress$
      .pipe(
        filter(({ active }) => active === 1),
        take(1),
      )
      .subscribe(() => {
        storage.run('theirs', () => {
          answer$.next({});
          answer$.complete();
        });
      });
    await job.done;
    expect(seen).toEqual(['mine']);
  });
});
