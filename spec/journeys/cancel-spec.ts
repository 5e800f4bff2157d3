import {
  type Data,
  ErrorHandler,
  type ErrorHandlerOptions,
  Flow,
  type FlowOptions,
  type Handler,
  type Job,
  type JobRecord,
  type JobStatus,
} from '../../lib/index.js';
import { deferred, emitting, flowOf, forward, noting } from '../support/flows.js';
import { ours, rejection, thrown } from '../support/thrown.js';
import { rest } from '../support/turns.js';
import { turn, virtualTime } from '../support/virtualTime.js';
import { handlerOf } from '../support/handlers.js';

const never = (): Promise<never> => new Promise(() => undefined);

/** A flow whose entry waits until it is let go. */
const waiting = (options: FlowOptions = {}): Flow => flowOf({ s: { slots: { trigger: never } } }, [], options);

describe('a job that is cancelled', () => {
  it('should say so, with the reason, on itself, its state, its records and its promise (S90)', async () => {
    const flow = waiting();
    const job = flow.start('s');
    const records: JobRecord[] = [];
    const statuses: JobStatus[] = [];
    job.record$.subscribe((record) => records.push(record));
    job.status$.subscribe((status) => statuses.push(status));
    await turn();
    const state = await job.cancel('not needed any more');

    expect(state).toBe(job.state);
    expect(await job.done).toBe(state);
    expect([state.status, state.reason, state.error]).toEqual(['cancelled', 'not needed any more', undefined]);
    expect(records.at(-1)).toMatchObject({ type: 'ended', status: 'cancelled', reason: 'not needed any more' });
    expect(statuses.at(-1)).toBe('cancelled');
    expect(flow.jobs).toEqual([]);
  });

  it('should need no reason (S90)', async () => {
    const job = waiting().start('s');
    await turn();
    expect((await job.cancel()).reason).toBeUndefined();
    expect(job.status).toBe('cancelled');
  });

  it('should start nothing that waits, and show every running handler an aborted signal (S91)', async () => {
    const time = virtualTime();
    const started: unknown[] = [];
    const signals: AbortSignal[] = [];
    const flow = flowOf(
      {
        s: { slots: { trigger: emitting(...Array.from({ length: 6 }, (_, n) => ({ n }))) } },
        t: {
          slots: {
            i: async ({ n }, ctx) => {
              started.push(n);
              signals.push(ctx.signal);
              await time.sleep(100);
            },
          },
        },
      },
      ['s.o -> t.i'],
      { maxWorkers: 2, scheduler: time.scheduler },
    );
    const job = flow.start('s');
    await time.advance(10);
    expect(job.state.pendingTasks).toHaveLength(4);
    const state = await job.cancel();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(state.metrics.flow().droppedTasks).toBe(6);
    await time.exhaust();

    expect(started).toEqual([0, 1]);
    expect(state.pendingTasks).toEqual([]);
    expect(state.metrics.routine('t')).toMatchObject({ dropped: 2, completed: 0, failed: 0 });
  });

  it('should have run nothing where that comes before its first task (D17)', async () => {
    const calls: unknown[] = [];
    const flow = flowOf({ s: { slots: { trigger: noting(calls, 'called') } } });
    const job = flow.start('s');
    expect(job.status).toBe('pending');
    const state = await job.cancel('too early');
    await turn();

    expect(calls).toEqual([]);
    expect([state.status, state.reason]).toEqual(['cancelled', 'too early']);
    expect(state.history()).toEqual([]);
    expect(state.routineStates).toEqual({});
    expect((await job.done).status).toBe('cancelled');
    // The flow is none the worse.
    expect((await flow.execute('s')).status).toBe('completed');
    expect(calls).toEqual(['called']);
  });

  it('should also be cancelled by an AbortSignal of the caller, before or during its run', async () => {
    const flow = waiting();
    const before = await flow.execute('s', {}, { signal: AbortSignal.abort('before') });
    expect([before.status, before.reason]).toEqual(['cancelled', 'before']);

    const controller = new AbortController();
    const job = flow.start('s', {}, { signal: controller.signal });
    await rest();
    expect(job.status).toBe('running');
    controller.abort('during');
    expect([job.status, job.state.reason]).toEqual(['cancelled', 'during']);
  });

  it('should leave every other job of the flow exact (SC081, D2, G70)', async () => {
    const time = virtualTime();
    const got: unknown[] = [];
    const flow = flowOf(
      {
        s: {
          slots: {
            trigger: ({ who }, ctx) => {
              for (const n of [0, 1, 2]) ctx.emit('o', { who, n });
            },
          },
        },
        t: {
          slots: {
            i: [
              async (data: Data, ctx) => {
                await time.sleep(10);
                forward(data, ctx);
              },
              { merge: 'append' },
            ],
          },
        },
        d: { slots: { i: noting(got, (data) => data) } },
      },
      ['s.o -> t.i', 't.o -> d.i'],
      { maxWorkers: 2, scheduler: time.scheduler },
    );
    const [a, b] = [flow.start('s', { who: 'A' }), flow.start('s', { who: 'B' })];
    await time.advance(5);
    await flow.cancel(a, 'only this one');
    await time.exhaust();

    expect([a.status, b.status]).toEqual(['cancelled', 'completed']);
    const who = ['B', 'B', 'B'];
    expect(got).toEqual([
      { who: who.slice(0, 1), n: [0] },
      { who: who.slice(0, 2), n: [0, 1] },
      { who: who.slice(0, 3), n: [0, 1, 2] },
    ]);
    expect(b.state.error).toBeUndefined();
    expect(b.state.reason).toBeUndefined();
    expect(b.state.metrics.flow().droppedTasks).toBe(0);
  });

  it('should mean all running jobs where no job is named (D4)', async () => {
    const flow = waiting({ maxWorkers: 2 });
    const jobs = [flow.start('s'), flow.start('s'), flow.start('s')];
    await turn();
    const states = await flow.cancel({ reason: 'all of them' });
    expect(states).toEqual(jobs.map(({ state }) => state));
    expect(jobs.map(({ status, state }) => [status, state.reason])).toEqual(jobs.map(() => ['cancelled', 'all of them']));
  });
});

describe('a cancel from inside', () => {
  it('should end the own job of a handler, which is then refused whatever it does (D2, D5)', async () => {
    const got: unknown[] = [];
    const refused: unknown[] = [];
    const flow = flowOf(
      {
        s: {
          slots: {
            trigger: (_, ctx) => {
              ctx.emit('o', { n: 1 });
              ctx.cancel('seen enough');
              refused.push(
                ours(
                  thrown(() => {
                    ctx.emit('o', { n: 2 });
                  }),
                ).code,
                ctx.signal.aborted,
              );
            },
          },
        },
        t: { slots: { i: noting(got, ({ n }) => n) } },
      },
      ['s.o -> t.i'],
    );
    const job = flow.start('s');
    const records: JobRecord[] = [];
    let complete = false;
    job.record$.subscribe({ next: (record) => records.push(record), complete: () => (complete = true) });
    const state = await job.done;
    await turn();

    expect([state.status, state.reason]).toEqual(['cancelled', 'seen enough']);
    expect(refused).toEqual(['EMIT_AFTER_END', true]);
    expect(got).toEqual([]);
    expect(complete).toBe(true);
    expect(records.filter(({ type }) => type === 'ended')).toHaveLength(1);
    expect(state.metrics.routine('s')).toMatchObject({ dropped: 1, completed: 0, failed: 0 });
    // Its worker came back exactly once.
    expect((await flow.execute('s')).status).toBe('cancelled');
  });

  it.each(['sync', 'async'])('should tell the watchers of another job of the flow, from a %s handler (X)', async (how) => {
    const victim = deferred<Job>();
    const flow: Flow = flowOf(
      {
        s: { slots: { trigger: never } },
        killer: {
          slots: {
            trigger:
              how === 'sync'
                ? () => void flow.jobs[0]?.cancel('by a sibling')
                : async () => void (await (await victim.promise).cancel('by a sibling')),
          },
        },
      },
      [],
      { maxWorkers: 2 },
    );
    const job = flow.start('s');
    victim.resolve(job);
    const told: string[] = [];
    job.record$.subscribe({ next: ({ type }) => told.push(type), complete: () => told.push('records complete') });
    job.status$.subscribe({ next: (status) => told.push(status), complete: () => told.push('statuses complete') });
    await turn();
    const killer = await flow.execute('killer');
    await turn();

    expect(killer.status).toBe('completed');
    expect(job.state.reason).toBe('by a sibling');
    expect(told).toEqual(expect.arrayContaining(['ended', 'cancelled', 'records complete', 'statuses complete']));
  });
});

describe('a cancel in a callback', () => {
  const sync: Handler = (data, ctx) => {
    forward(data, ctx);
  };
  const asynchronous: Handler = async (data, ctx) => {
    await Promise.resolve();
    forward(data, ctx);
    await Promise.resolve();
  };
  const failing: Handler = async (_, ctx) => {
    ctx.emit('o', { n: 1 });
    await Promise.resolve();
    throw new Error('fails');
  };
  /** A filter that throws, which makes the engine warn. */
  const warns = (): never => {
    throw new Error('no filter');
  };
  const kinds: Readonly<Record<string, Handler>> = { sync, asynchronous, failing };
  const strategies: readonly NonNullable<ErrorHandlerOptions['strategy']>[] = ['stop', 'continue', 'retry'];
  const moments: readonly JobRecord['type'][] = [
    'started',
    'taskQueued',
    'taskStarted',
    'emitted',
    'taskSettled',
    'output',
    'warning',
  ];
  const table = Object.keys(kinds).flatMap((kind) =>
    strategies.flatMap((strategy) => moments.map((moment) => ({ kind, strategy, moment }))),
  );

  it.each(table)(
    'should be the end, once and for good: at the first "$moment" of a routine whose handler is $kind, under $strategy (D12, X)',
    async ({ kind, strategy, moment }) => {
      const time = virtualTime();
      let cancelled = false;
      const startedAfter: unknown[] = [];
      const handler: Handler = function (data, ctx) {
        if (cancelled) startedAfter.push(ctx.taskId);
        ctx.output('o', {});
        return kinds[kind]?.call(this, data, ctx);
      };
      const flow = flowOf(
        {
          s: { slots: { trigger: emitting({ n: 0 }, { n: 1 }, { n: 2 }) } },
          t: { slots: { i: handler } },
          d: { slots: { i: handler } },
          other: { slots: { trigger: () => time.sleep(1) } },
        },
        ['s.o -> t.i', 't.o -> d.i'],
        {
          maxWorkers: 2,
          scheduler: time.scheduler,
          executionTimeoutMs: Infinity,
          errorHandler: handlerOf({ strategy, delayMs: 50, ...(moment === 'warning' ? { retryOn: warns } : {}) }),
        },
      );
      const job = flow.start('s');
      const [ends, statuses]: [unknown[], JobStatus[]] = [[], []];
      job.status$.subscribe((status) => statuses.push(status));
      job.record$.subscribe((record) => {
        if (record.type === 'ended') ends.push(record.status);
        if (record.type !== moment || cancelled || ('routineId' in record && record.routineId !== 't')) return;
        cancelled = true;
        void job.cancel('from a watcher').catch(() => (cancelled = false));
      });
      await time.exhaust();
      const state = await job.done;

      // Not every moment comes in every case; where it came, nothing came after it.
      expect(ends).toEqual([state.status]);
      expect(statuses.filter((status) => status !== 'pending' && status !== 'running')).toEqual([state.status]);
      expect(startedAfter).toEqual([]);
      expect(state.status === 'cancelled').toBe(cancelled);
      expect(state.pendingTasks).toEqual([]);
      expect(time.timers).toBe(0);
      expect(job.status).toBe(state.status);

      // No worker was lost, and none was won.
      const [first, second, third] = [flow.start('other'), flow.start('other'), flow.start('other')];
      await time.advance(1);
      expect([first.status, second.status, third.status]).toEqual(['completed', 'completed', 'running']);
      await time.exhaust();
      expect(third.status).toBe('completed');
    },
  );

  it('should be the end in a retry filter, too', async () => {
    const time = virtualTime();
    const retryOn = (): boolean => {
      void flow.cancel({ reason: 'from the filter' });
      return true;
    };
    const flow: Flow = flowOf(
      { s: { slots: { trigger: () => time.sleep(1).then(() => Promise.reject(new Error('fails'))) } } },
      [],
      {
        scheduler: time.scheduler,
        errorHandler: new ErrorHandler({ strategy: 'retry', delayMs: 50, retryOn }),
      },
    );
    const job = flow.start('s');
    await time.exhaust();
    expect([job.status, job.state.reason]).toEqual(['cancelled', 'from the filter']);
    expect(job.state.pendingTasks).toEqual([]);
    expect(time.timers).toBe(0);
  });

  it.each(['complete', 'fail'])('should be refused in the callback of the end itself: jobs that %s (SC082)', async (how) => {
    const flow = flowOf({
      s: {
        slots: {
          trigger: () => {
            if (how === 'fail') throw new Error('fails');
          },
        },
      },
    });
    const job = flow.start('s');
    const refused: Promise<unknown>[] = [];
    job.record$.subscribe((record) => {
      if (record.type === 'ended') refused.push(rejection(job.cancel('too late')));
    });
    const state = await job.done;
    expect(state.status).toBe(how === 'fail' ? 'failed' : 'completed');
    expect(state.reason).toBeUndefined();
    expect((await Promise.all(refused)).map((error) => ours(error).code)).toEqual(['ILLEGAL_TRANSITION']);
  });
});

describe('what a job cannot do', () => {
  const reach: Readonly<Record<JobStatus, (flow: Flow) => Job | Promise<Job>>> = {
    pending: (flow) => flow.start('wait'),
    running: async (flow) => {
      const job = flow.start('wait');
      await turn();
      return job;
    },
    paused: async (flow) => {
      const job = flow.start('wait');
      await job.pause();
      return job;
    },
    completed: async (flow) => {
      const job = flow.start('good');
      await job.done;
      return job;
    },
    failed: async (flow) => {
      const job = flow.start('bad');
      await job.done;
      return job;
    },
    cancelled: async (flow) => {
      const job = flow.start('wait');
      await job.cancel('first');
      return job;
    },
  };
  const make = (options: FlowOptions = {}): Flow =>
    flowOf(
      {
        wait: { slots: { trigger: never } },
        good: { slots: { trigger: () => undefined } },
        bad: {
          slots: {
            trigger: () => {
              throw new Error('bad');
            },
          },
        },
      },
      [],
      // Some are left at work: no timer of theirs may keep the process.
      { maxWorkers: 5, executionTimeoutMs: Infinity, ...options },
    );
  /** Calls at once; a throw is a rejection. */
  const promised = <T>(call: () => T): Promise<T> =>
    new Promise((resolve) => {
      resolve(call());
    });
  /** By now a pending job has begun. */
  const later = (status: JobStatus): JobStatus => (status === 'pending' ? 'running' : status);
  const calls: Readonly<Record<string, (flow: Flow, job: Job) => Promise<unknown>>> = {
    'job.pause': (_, job) => job.pause(),
    'job.resume': (_, job) =>
      promised(() => {
        job.resume();
      }),
    'job.cancel': (_, job) => job.cancel('again'),
    'flow.pause': (flow, job) => flow.pause(job),
    'flow.resume': (flow, job) => promised(() => flow.resume(job)),
    'flow.cancel': (flow, job) => flow.cancel(job, 'again'),
    'flow.pause(state)': (flow, job) => flow.pause(job.state),
    'flow.resume(state)': (flow, job) => promised(() => flow.resume(job.state)),
    'flow.cancel(state)': (flow, job) => flow.cancel(job.state, 'again'),
  };
  const verbOf = (call: string): 'pause' | 'resume' | 'cancel' => (/pause|resume|cancel/.exec(call)?.[0] ?? '') as 'pause';
  /** What each verb leads to from each status; a refusal names where the job is and where it cannot go. */
  const OUTCOMES: Readonly<Record<'pause' | 'resume' | 'cancel', Readonly<Record<JobStatus, JobStatus | 'refused'>>>> = {
    pause: {
      pending: 'paused',
      running: 'running',
      paused: 'refused',
      completed: 'refused',
      failed: 'refused',
      cancelled: 'refused',
    },
    resume: {
      pending: 'refused',
      running: 'refused',
      paused: 'running',
      completed: 'refused',
      failed: 'refused',
      cancelled: 'refused',
    },
    cancel: {
      pending: 'cancelled',
      running: 'cancelled',
      paused: 'cancelled',
      completed: 'refused',
      failed: 'refused',
      cancelled: 'cancelled',
    },
  };
  const TARGET = { pause: 'paused', resume: 'running', cancel: 'cancelled' } as const;
  const table = Object.keys(calls).flatMap((call) =>
    Object.entries(OUTCOMES[verbOf(call)]).map(([status, outcome]) => ({ call, status: status as JobStatus, outcome })),
  );

  it.each(table)(
    'should stand in a table: $call of a $status job gives $outcome (SC082, D12, G52)',
    async ({ call, status, outcome }) => {
      const flow = make();
      const reached = reach[status](flow);
      // A pending job begins with the next microtask: no await for it.
      const job = reached instanceof Promise ? await reached : reached;
      expect(job.status).toBe(status);
      const reason = job.state.reason;
      const answer = calls[call]?.(flow, job) ?? Promise.reject(new Error('no such call'));
      if (outcome === 'refused') {
        const error = ours(await rejection(answer));
        expect(error.code).toBe('ILLEGAL_TRANSITION');
        expect(error.details).toEqual({ jobId: job.id, from: status, to: TARGET[verbOf(call)] });
        expect(error.message).toContain(status);
        expect(error.message).toContain(TARGET[verbOf(call)]);
        expect([job.status, job.state.reason]).toEqual([later(status), reason]);
      } else if (outcome === 'running' && verbOf(call) === 'pause') {
        // Pausing lasts until the handler has ended; the job still says that it runs (D19).
        expect(job.status).toBe('running');
        await job.cancel();
        await answer;
        expect(job.status).toBe('cancelled');
      } else {
        await answer;
        expect(job.status).toBe(outcome);
        if (status === 'cancelled') expect(job.state.reason).toBe('first');
      }
    },
  );

  const foreign = Object.keys(calls)
    .filter((call) => call.startsWith('flow.'))
    .flatMap((call) => Object.keys(reach).map((status) => ({ call, status: status as JobStatus })));

  it.each(foreign)(
    'should name both flows where $call gets a $status job of another one (SC083, G68, G72)',
    async ({ call, status }) => {
      const [home, stranger] = [make({ flowId: 'home' }), make({ flowId: 'stranger' })];
      const reached = reach[status](home);
      const job = reached instanceof Promise ? await reached : reached;
      const error = ours(await rejection(calls[call]?.(stranger, job) ?? Promise.resolve()));
      expect(error.code).toBe('WRONG_FLOW');
      expect(error.details).toEqual({ flowId: 'stranger', jobId: job.id, jobFlowId: 'home' });
      expect(error.message).toContain("'home'");
      expect(error.message).toContain("'stranger'");
      expect(job.status).toBe(later(status));
    },
  );

  // A state, other than a live job, can be taken up by another instance (see Flow-resume-spec).
  const heldBy = foreign.filter(({ call }) => call !== 'flow.resume(state)');

  it.each(heldBy.filter(({ status }) => ['pending', 'running', 'paused'].includes(status)))(
    'should be unknown to another instance of the same flow id: $call of a $status job (D23)',
    async ({ call, status }) => {
      const [home, twin] = [make({ flowId: 'same' }), make({ flowId: 'same' })];
      const reached = reach[status](home);
      const job = reached instanceof Promise ? await reached : reached;
      const error = ours(await rejection(calls[call]?.(twin, job) ?? Promise.resolve()));
      expect(error.code).toBe('UNKNOWN_JOB');
      expect(error.details).toEqual({ flowId: 'same', jobId: job.id });
      expect(job.status).toBe(later(status));
    },
  );

  it('should not be fooled by a job of the same id in another instance (G68)', async () => {
    const [home, twin] = [1, 2].map(() => new Flow({ flowId: 'same', executionTimeoutMs: Infinity })) as [Flow, Flow];
    for (const flow of [home, twin]) flow.addRoutine(make().routines.get('wait') as never, 'wait');
    const [mine, theirs] = [home.start('wait', {}, { jobId: 'j' }), twin.start('wait', {}, { jobId: 'j' })];
    await turn();
    expect(ours(await rejection(home.cancel(theirs))).code).toBe('UNKNOWN_JOB');
    expect([mine.status, theirs.status]).toEqual(['running', 'running']);
  });
});
