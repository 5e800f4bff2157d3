import { setTimeout as sleep } from 'node:timers/promises';
import { firstValueFrom, toArray } from 'rxjs';
import { type Context, ErrorHandler, Flow, type JobRecord, Routine } from 'routilux';
import { type JobInfo, Runtime, type RuntimeEvent, type RuntimeOptions, type Store } from 'routilux/runtime';
import { memoryStore } from 'routilux/store/memory';
import { faultyStore } from 'routilux/testing';

type Act = (data: Record<string, unknown>, ctx: Context) => unknown;

/** A flow of one routine, whose handler does as it is told. */
const single = (act: Act, { flowId = 'single', maxWorkers = 1 }: { flowId?: string; maxWorkers?: number } = {}): Flow => {
  const flow = new Flow({ flowId, maxWorkers });
  const routine = new Routine();
  routine.defineEvent('out');
  routine.defineSlot('trigger', act);
  routine.defineSlot('in', act);
  flow.addRoutine(routine, 'one');
  return flow;
};

const open = (options: Partial<RuntimeOptions> & { flows: readonly Flow[] }): Promise<Runtime> =>
  Runtime.open({ store: memoryStore(), ...options });

const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
};

/** The code of what a call throws. */
const codeOf = (call: () => unknown): unknown => {
  try {
    call();
    return undefined;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
};

const until = async (test: () => unknown): Promise<void> => {
  while ((await test()) !== true) await sleep(1);
};

/** The first task of a runtime is at work. */
const atWork = async (runtime: Runtime): Promise<void> => {
  await until(() => runtime.metrics().claims > 0);
  await sleep(1);
};

/** A gate that a handler waits at. */
const gate = (): { readonly opened: Promise<void>; open(): void } => {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
};

describe('Runtime.start', () => {
  it('should run a job, and give its state also long after its end', async () => {
    const runtime = await open({ flows: [single(({ n }, ctx) => ctx.output('twice', { n: (n as number) * 2 }))] });
    const job = await runtime.start('single', 'one', { n: 21 }, { jobId: 'a' });
    expect([job.id, job.flowId, job.created]).toEqual(['a', 'single', true]);
    const state = await job.done;
    expect([state.status, state.outputLog[0]?.data]).toEqual(['completed', { n: 42 }]);
    const again = await runtime.find('a');
    expect((await again?.done)?.outputLog[0]?.data).toEqual({ n: 42 });
    await expect(again?.info()).resolves.toMatchObject({ jobId: 'a', status: 'completed', done: 1, pending: 0, live: false });
    await runtime.close();
  });

  it('should resolve when the job is stored, and run nothing before', async () => {
    const ran: string[] = [];
    const store = memoryStore();
    const slow = faultyStore(store, { delayMs: 20 });
    const runtime = await open({ store: slow, flows: [single(() => ran.push('ran'))] });
    const starting = runtime.start('single', 'one', {}, { jobId: 'a' });
    await sleep(5);
    expect([ran, await store.load('a')]).toEqual([[], []]);
    const job = await starting;
    expect((await store.load('a')).length).toBeGreaterThan(0);
    await job.done;
    expect(ran).toEqual(['ran']);
    await runtime.close();
  });

  it('should let no task begin before it is stored that it was made, and that it is claimed', async () => {
    const store = memoryStore();
    const claimed = new Set<string>();
    const slow: Store = {
      driver: 'slow',
      level: 'memory',
      shared: false,
      open: (owner) => store.open(owner),
      load: (jobId, kinds) => store.load(jobId, kinds),
      scan: (...given) => store.scan(...given),
      compact: () => store.compact(),
      close: (epoch) => store.close(epoch),
      commit: async (batch) => {
        await sleep(10);
        const answer = await store.commit(batch);
        for (const { put } of batch.steps)
          for (const { kind, value } of put) if (kind === 'claim') claimed.add((JSON.parse(value) as { taskId: string }).taskId);
        return answer;
      },
    };
    const early: string[] = [];
    const flow = single(
      async ({ n }, ctx) => {
        if (!claimed.has(ctx.taskId)) early.push(ctx.taskId);
        // One ends while the tasks of the other are on their way to the store.
        await sleep((n as number) % 2 === 0 ? 1 : 6);
        if ((n as number) < 8) for (const more of [1, 2]) ctx.emit('out', { n: (n as number) * 2 + more });
      },
      { maxWorkers: 8 },
    );
    flow.connect('one', 'out', 'one', 'in');
    const runtime = await open({ store: slow, flows: [flow] });
    const state = await (await runtime.start('single', 'one', { n: 0 })).done;
    expect([state.status, early]).toEqual(['completed', []]);
    await runtime.close();
  });

  describe('with an id', () => {
    it('should give the same job again, live or ended, and also if two come in one turn', async () => {
      let runs = 0;
      const runtime = await open({ flows: [single(() => void runs++)] });
      const [first, second] = await Promise.all([
        runtime.start('single', 'one', { n: 1 }, { jobId: 'a' }),
        runtime.start('single', 'one', { n: 1 }, { jobId: 'a' }),
      ]);
      expect([first.created, second.created]).toEqual([true, false]);
      await first.done;
      const third = await runtime.start('single', 'one', { n: 1 }, { jobId: 'a' });
      expect([third.created, (await third.done).status, runs]).toEqual([false, 'completed', 1]);
      await runtime.close();
    });

    it.each([
      ['parameters', 'one', { n: 2 }],
      ['no parameters', 'one', {}],
    ])('should refuse another job under it: other %s', async (_, entry, params) => {
      const runtime = await open({ flows: [single(() => undefined)] });
      await runtime.start('single', 'one', { n: 1 }, { jobId: 'a' });
      await expect(runtime.start('single', entry, params, { jobId: 'a' })).rejects.toMatchObject({ code: 'JOB_CONFLICT' });
      await runtime.close();
    });

    it('should take the same parameters with other objects, dates and maps for the same', async () => {
      const runtime = await open({ flows: [single(() => undefined)] });
      const params = (): object => ({ at: new Date(5), map: new Map([['a', 1n]]) });
      await runtime.start('single', 'one', params(), { jobId: 'a' });
      await expect(runtime.start('single', 'one', params(), { jobId: 'a' })).resolves.toMatchObject({ created: false });
      await runtime.close();
    });
  });

  it.each<[string, () => readonly Flow[], string, object, object, string]>([
    ['a flow that it has not', () => [], 'other', {}, {}, 'UNKNOWN_FLOW'],
    ['an entry that the flow has not', () => [single(() => undefined)], 'single', {}, {}, 'UNKNOWN_ROUTINE'],
    ['parameters that cannot be stored', () => [single(() => undefined)], 'single', { f: () => 1 }, {}, 'NOT_SERIALISABLE'],
    [
      'parameters that are too large',
      () => [single(() => undefined)],
      'single',
      { text: 'x'.repeat(2_000) },
      {},
      'PAYLOAD_TOO_LARGE',
    ],
    ['an option that there is not', () => [single(() => undefined)], 'single', {}, { timeout: 5 }, 'BAD_OPTION'],
    ['an id that is too long', () => [single(() => undefined)], 'single', {}, { jobId: 'ü'.repeat(257) }, 'BAD_NAME'],
    ['an id with the character 0', () => [single(() => undefined)], 'single', {}, { jobId: 'a\0b' }, 'BAD_NAME'],
  ])('should refuse %s', async (what, flows, flowId, params, options, code) => {
    const runtime = await open({ flows: flows(), maxPayloadBytes: 1_000 });
    const entry = what.startsWith('an entry') ? 'nobody' : 'one';
    await expect(runtime.start(flowId, entry, params, options)).rejects.toMatchObject({ code });
    expect(await all(runtime.list())).toEqual([]);
    await runtime.close();
  });

  it('should put a job off until its time, also over a restart', async () => {
    const store = memoryStore();
    const ran: number[] = [];
    const began = Date.now();
    const flow = (): Flow => single(() => ran.push(Date.now() - began));
    const first = await open({ store, flows: [flow()] });
    const job = await first.start('single', 'one', {}, { jobId: 'a', delayMs: 60 });
    await expect(job.info()).resolves.toMatchObject({ status: 'pending', live: false });
    await first.close();
    const second = await open({ store, flows: [flow()] });
    expect(second.recovered).toMatchObject([{ jobId: 'a', status: 'pending', live: false }]);
    await (
      await second.find('a')
    )?.done;
    expect(ran.length).toBe(1);
    expect(ran[0]).toBeGreaterThanOrEqual(59);
    await second.close();
  });
});

describe('Runtime.open', () => {
  it('should refuse a flow that nobody has named, and two of one name', async () => {
    const store = memoryStore();
    await expect(open({ store, flows: [new Flow()] })).rejects.toMatchObject({ code: 'NOT_DURABLE' });
    const flows = [single(() => undefined), single(() => undefined)];
    await expect(open({ store, flows })).rejects.toMatchObject({ code: 'DUPLICATE_FLOW' });
    // It has let the store go each time.
    await (await open({ store, flows: [] })).close();
  });

  it('should refuse a store that somebody has open', async () => {
    const store = memoryStore();
    const runtime = await open({ store, flows: [] });
    await expect(open({ store, flows: [] })).rejects.toMatchObject({ code: 'STORE_BUSY' });
    await runtime.close();
    await (await open({ store, flows: [] })).close();
  });

  /** A store that a process has left in the middle of a job. */
  const left = async (store = memoryStore()): Promise<typeof store> => {
    const { opened, open: goOn } = gate();
    const runtime = await open({ store, flows: [single(() => opened)] });
    await runtime.start('single', 'one', { n: 1 }, { jobId: 'a' });
    store.crash();
    goOn();
    return store;
  };

  it('should tell what it has found, and go on with it', async () => {
    const store = await left();
    const runtime = await open({ store, flows: [single((_, ctx) => ctx.output('done', {}))] });
    expect(runtime.recovered).toMatchObject([{ jobId: 'a', flowId: 'single', live: true }]);
    expect((await (await runtime.find('a'))?.done)?.outputLog.length).toBe(1);
    await runtime.close();
  });

  it.each<[string, Partial<RuntimeOptions>, JobInfo['held']]>([
    ['nobody wants it', { flows: [single(() => undefined)], recover: 'none' }, 'NOT_RECOVERED'],
    ['a filter leaves it out', { flows: [single(() => undefined)], recover: ({ jobId }) => jobId !== 'a' }, 'NOT_RECOVERED'],
    ['its flow is not here', { flows: [] }, 'UNKNOWN_FLOW'],
  ])('should hold a job if %s; it can be cancelled', async (_, options, held) => {
    const store = await left();
    const runtime = await Runtime.open({ store, ...options });
    expect(runtime.recovered).toMatchObject([{ jobId: 'a', live: false, held }]);
    expect(await all(runtime.list({ held: true }))).toMatchObject([{ jobId: 'a', held }]);
    expect(await all(runtime.list({ held: false }))).toEqual([]);
    await expect(runtime.cancel('a', 'of no use')).resolves.toMatchObject({
      status: 'cancelled',
      reason: 'of no use',
      pending: 0,
    });
    expect((await (await runtime.find('a'))?.done)?.status).toBe('cancelled');
    await runtime.close();
    const next = await Runtime.open({ store });
    expect(next.recovered).toEqual([]);
    await next.close();
  });

  it('should hold a job whose flow has another structure, until somebody says how it fits', async () => {
    const store = await left();
    const flow = new Flow({ flowId: 'single' });
    const other = new Routine();
    other.defineSlot('trigger', (data, ctx) => ctx.output('moved', { ...data }));
    flow.addRoutine(other, 'other');
    const runtime = await open({ store, flows: [flow] });
    expect(runtime.recovered).toMatchObject([{ held: 'STRUCTURE_CHANGED' }]);
    await expect(runtime.resume('a')).rejects.toMatchObject({ code: 'STRUCTURE_CHANGED' });
    const job = await runtime.resume('a', { remap: { one: 'other' } });
    expect((await job.done).outputLog).toMatchObject([{ routineId: 'other', data: { n: 1 } }]);
    await runtime.close();
  });

  it('should hold a job that cannot be read, and go on with the others', async () => {
    const store = await left();
    const first = await open({ store, flows: [single(() => undefined)], recover: 'none' });
    await first.close();
    const owner = await store.open({ pid: undefined, host: undefined, since: 0 });
    const put = [{ kind: 'task', key: '5', value: '{"taskId":7}' }];
    await store.commit({
      ...owner,
      number: 1,
      steps: [{ jobId: 'a', guards: [], clear: [], remove: [], put, leave: [], enter: [] }],
    });
    store.crash();
    const runtime = await open({ store, flows: [single(() => undefined)] });
    expect(runtime.recovered).toMatchObject([{ jobId: 'a', held: 'DAMAGED' }]);
    await runtime.start('single', 'one', {}, { jobId: 'b' }).then(({ done }) => done);
    await runtime.close();
  });
});

describe('a durable job', () => {
  it('should be told of when it is stored, and that a task begins before (D13)', async () => {
    const store = memoryStore();
    const seen: [string, number][] = [];
    const { opened, open: goOn } = gate();
    const runtime = await open({ store, flows: [single((_, ctx) => (ctx.setState({ a: 1 }), opened))] });
    const job = await runtime.start('single', 'one', {}, { jobId: 'a' });
    const records: JobRecord[] = [];
    job.record$.subscribe((record) => {
      records.push(record);
      void store.load('a', ['state']).then((rows) => seen.push([record.type, rows.length]));
    });
    await until(() => records.some(({ type }) => type === 'taskStarted'));
    expect(records.map(({ type }) => type)).toContain('taskStarted');
    expect(records.map(({ type }) => type)).not.toContain('stateSet');
    goOn();
    await job.done;
    await until(() => seen.some(([type]) => type === 'ended'));
    expect(seen.filter(([type]) => type === 'stateSet' || type === 'ended')).toEqual([
      ['stateSet', 1],
      ['ended', 1],
    ]);
    await runtime.close();
  });

  it('should refuse what a handler does after its end, while the job goes on', async () => {
    const refused = gate();
    let code: unknown;
    const flow = single((_, ctx) => {
      ctx.emit('out', {}, { delayMs: 60_000 });
      setTimeout(() => {
        code = codeOf(() => {
          ctx.emit('out', {});
        });
        refused.open();
      }, 10);
    });
    flow.connect('one', 'out', 'one', 'in');
    const runtime = await open({ flows: [flow] });
    const job = await runtime.start('single', 'one', {}, { jobId: 'a' });
    await refused.opened;
    expect([code, (await job.info()).status]).toEqual(['LATE_EMIT', 'running']);
    await runtime.close();
  });

  it('should hand the same input to a task that runs again, whatever others have done with theirs', async () => {
    const store = memoryStore();
    const seen: string[] = [];
    let die = (): void => undefined;
    const make = (): Flow => {
      const flow = new Flow({ flowId: 'shared' });
      const start = new Routine();
      start.defineEvent('out');
      start.defineSlot('trigger', (_, ctx) => {
        const nested = { n: 1 };
        ctx.emit('out', { nested });
        nested.n = 2;
      });
      const change = new Routine();
      change.defineSlot('in', ({ nested }) => {
        (nested as { n: number }).n = 3;
      });
      const read = new Routine();
      read.defineSlot('in', async ({ nested }, ctx) => {
        seen.push(`${ctx.taskId} ${String((nested as { n: number }).n)}`);
        die();
        await sleep(1);
      });
      flow.addRoutine(start, 'start');
      flow.addRoutine(change, 'change');
      flow.addRoutine(read, 'read');
      flow.connect('start', 'out', 'change', 'in');
      flow.connect('start', 'out', 'read', 'in');
      return flow;
    };
    const dead = gate();
    die = () => {
      store.crash();
      dead.open();
    };
    const first = await open({ store, flows: [make()] });
    await first.start('shared', 'start', {}, { jobId: 'a' });
    await dead.opened;
    die = () => undefined;
    const second = await open({ store, flows: [make()] });
    await (
      await second.find('a')
    )?.done;
    expect(seen).toEqual(['a:1.1 1', 'a:1.1 1']);
    await second.close();
  });

  it('should end a task with the promises that it tracks: what it does until then is stored at once', async () => {
    const store = memoryStore();
    const tracked = gate();
    const runtime = await open({
      store,
      flows: [
        single((_, ctx) => {
          ctx.setState({ before: true });
          ctx.track(tracked.opened.then(() => ctx.setState({ after: true })));
        }),
      ],
    });
    const job = await runtime.start('single', 'one', {}, { jobId: 'a' });
    await atWork(runtime);
    expect((await store.load('a', ['state'])).length).toBe(0);
    tracked.open();
    expect((await job.done).routineState('one')).toMatchObject({ after: true });
    await runtime.close();
  });

  it('should fail with a promise that it tracks, and be tried again as its error handler says', async () => {
    let tries = 0;
    const flow = single((_, ctx) => {
      tries++;
      ctx.setState((own) => ({ tries: ((own['tries'] as number | undefined) ?? 0) + 1 }));
      ctx.track(sleep(1).then(() => (ctx.attempt === 1 ? Promise.reject(new Error('no')) : undefined)));
    });
    flow.setErrorHandler(new ErrorHandler({ strategy: 'retry', maxRetries: 1, delayMs: 1 }));
    const runtime = await open({ flows: [flow] });
    const state = await (await runtime.start('single', 'one')).done;
    expect([state.status, tries, state.routineState('one')?.['tries']]).toEqual(['completed', 2, 1]);
    await runtime.close();
  });

  it.each<[string, readonly { kind: string; key: string; value: string; fence?: number }[]]>([
    ['has no claim of it any more', []],
    ['has a claim of somebody else', [{ kind: 'claim', key: `${'0'.repeat(16)}.${'0'.repeat(16)}`, value: '{}', fence: 7 }]],
  ])('should be discarded here if the store %s, and change nothing there', async (_, put) => {
    const store = memoryStore();
    const hold = gate();
    const events: RuntimeEvent[] = [];
    const flow = new Flow({ flowId: 'guarded', maxWorkers: 2 });
    const routine = new Routine();
    routine.defineEvent('out');
    routine.defineSlot('trigger', (__, ctx) => {
      ctx.emit('out');
      ctx.setState({ a: 1 });
      return hold.opened;
    });
    flow.addRoutine(routine, 'one');
    const runtime = await open({ store, flows: [flow] });
    runtime.event$.subscribe((event) => events.push(event));
    await runtime.start('guarded', 'one', {}, { jobId: 'a' });
    await atWork(runtime);
    const step = { jobId: 'a', guards: [], clear: ['claim'], remove: [], put, leave: [], enter: [] };
    await store.commit({ epoch: 1, number: 1_000, steps: [step] });
    hold.open();
    await until(() => events.some(({ type }) => type === 'discarded'));
    expect(events).toContainEqual({ type: 'discarded', jobId: 'a' });
    expect(await store.load('a', ['state'])).toEqual([]);
    expect(runtime.metrics()).toMatchObject({ discarded: 1, open: 0 });
    await runtime.close();
  });

  it('should fail where it emits what cannot be stored, or is too large', async () => {
    const codes: unknown[] = [];
    const runtime = await open({
      maxPayloadBytes: 100,
      flows: [
        single((_, ctx) => {
          codes.push(codeOf(() => ctx.emit('out', { f: () => 1 })));
          codes.push(codeOf(() => ctx.emit('out', { text: 'x'.repeat(100) })));
          codes.push(codeOf(() => ctx.setState({ text: 'ü'.repeat(50) })));
          ctx.emit('out', { text: 'x'.repeat(80) });
        }),
      ],
    });
    expect((await (await runtime.start('single', 'one')).done).status).toBe('completed');
    expect(codes).toEqual(['NOT_SERIALISABLE', 'PAYLOAD_TOO_LARGE', 'PAYLOAD_TOO_LARGE']);
    await runtime.close();
  });

  it('should stand still when it is paused, over a restart, and go on when somebody says so (D36, S81)', async () => {
    const store = memoryStore();
    const ran: unknown[] = [];
    const flow = (): Flow =>
      single(({ n }, ctx) => {
        ran.push(n);
        if ((n as number) > 0) ctx.emit('out', { n: (n as number) - 1 });
        return n === 2 ? ctx.pause({ reason: 'to think', checkpoint: { at: 2 } }) : undefined;
      });
    const looping = (): Flow => {
      const made = flow();
      made.connect('one', 'out', 'one', 'in');
      return made;
    };
    const first = await open({ store, flows: [looping()] });
    const job = await first.start('single', 'one', { n: 3 }, { jobId: 'a' });
    while ((await job.info()).status !== 'paused') await sleep(1);
    await first.close();
    const second = await open({ store, flows: [looping()] });
    expect(second.recovered).toMatchObject([{ jobId: 'a', status: 'paused', live: false, pending: 1 }]);
    await sleep(5);
    expect(ran).toEqual([3, 2]);
    const state = await (await second.find('a'))?.state();
    expect(state?.pausePoints).toMatchObject([{ reason: 'to think', checkpoint: { at: 2 }, pendingTasks: 1 }]);
    await (
      await second.resume('a')
    ).done;
    expect(ran).toEqual([3, 2, 1, 0]);
    await second.close();
  });

  it('should not wait for itself in its own handler (D34)', async () => {
    const codes: unknown[] = [];
    const calls: ((runtime: Runtime) => Promise<unknown>)[] = [
      async (runtime) => (await runtime.find('a'))?.done,
      (runtime) => runtime.close(),
      (runtime) => runtime.pause('a'),
    ];
    const flow = single(async () => {
      for (const call of calls) await call(runtime).catch((error: unknown) => codes.push((error as { code: string }).code));
    });
    const runtime = await open({ flows: [flow] });
    const job = await runtime.start('single', 'one', {}, { jobId: 'a' });
    await until(async () => (await job.info()).status !== 'running' && codes.length === 3);
    expect([codes, (await job.info()).status]).toEqual([Array(3).fill('WOULD_DEADLOCK'), 'paused']);
    await runtime.close();
  });

  it('should be cancelled where it runs, and once', async () => {
    const aborted = gate();
    const runtime = await open({
      flows: [
        single(
          (_, ctx) =>
            new Promise(() => {
              ctx.signal.addEventListener('abort', () => {
                aborted.open();
              });
            }),
        ),
      ],
    });
    const job = await runtime.start('single', 'one', {}, { jobId: 'a' });
    await atWork(runtime);
    await expect(runtime.cancel('a', 'enough')).resolves.toMatchObject({ status: 'cancelled', reason: 'enough', live: false });
    await aborted.opened;
    expect((await job.done).status).toBe('cancelled');
    await expect(runtime.cancel('a')).resolves.toMatchObject({ status: 'cancelled', reason: 'enough' });
    await runtime.close();
  });

  it('should be deleted when it has ended, and leave its id free', async () => {
    const hold = gate();
    const runtime = await open({ flows: [single(({ n }) => (n === 1 ? hold.opened : undefined))] });
    const job = await runtime.start('single', 'one', { n: 1 }, { jobId: 'a' });
    await expect(runtime.delete('a')).rejects.toMatchObject({ code: 'NOT_ENDED' });
    hold.open();
    await job.done;
    await expect(runtime.delete('a')).resolves.toBe(true);
    await expect(runtime.find('a')).resolves.toBeUndefined();
    await expect(job.info()).rejects.toMatchObject({ code: 'UNKNOWN_JOB' });
    expect(await all(runtime.list())).toEqual([]);
    await expect(runtime.start('single', 'one', { n: 2 }, { jobId: 'a' })).resolves.toMatchObject({ created: true });
    await runtime.close();
  });

  it('should be deleted by itself when its time to be kept is over, also if nobody was there', async () => {
    const store = memoryStore();
    const first = await open({ store, retainMs: 20, flows: [single(() => undefined)] });
    await (
      await first.start('single', 'one', {}, { jobId: 'a' })
    ).done;
    await expect(first.find('a')).resolves.toBeDefined();
    await until(async () => (await first.find('a')) === undefined);
    await expect(first.find('a')).resolves.toBeUndefined();
    await (
      await first.start('single', 'one', {}, { jobId: 'b' })
    ).done;
    await first.close();
    await sleep(30);
    const second = await open({ store, retainMs: 20, flows: [] });
    await until(async () => (await all(second.list())).length === 0);
    expect(await all(second.list())).toEqual([]);
    await second.close();
  });
});

describe('a question of a durable job', () => {
  const asking = (): Flow => {
    const flow = single((data, ctx) => {
      if ('answer' in data) ctx.output('answer', { ...data });
      else ctx.waitFor({ slot: 'in' }, { question: { text: 'Well?' }, token: (data['token'] as string | undefined) ?? 'q' });
    });
    return flow;
  };

  it('should be answered once, in the process that has asked or in another one', async () => {
    const store = memoryStore();
    const first = await open({ store, flows: [asking()] });
    await first.start('single', 'one', {}, { jobId: 'a' });
    await until(async () => (await all(first.waits())).length === 1);
    expect(await all(first.waits())).toMatchObject([{ token: 'q', jobId: 'a', question: { text: 'Well?' } }]);
    await first.close();
    const second = await open({ store, flows: [asking()] });
    await second.answer('q', 42, { by: 'Ada' });
    expect((await (await second.find('a'))?.done)?.outputLog).toMatchObject([{ data: { answer: 42, token: 'q', by: 'Ada' } }]);
    await expect(second.answer('q', 43)).rejects.toMatchObject({ code: 'ALREADY_ANSWERED', name: 'RuntimeError' });
    await expect(second.answer('nobody')).rejects.toMatchObject({ code: 'UNKNOWN_TOKEN', name: 'RuntimeError' });
    expect(await all(second.waits())).toEqual([]);
    await second.close();
  });

  it('should be answered while its job stands still, and used when that goes on (D47)', async () => {
    const store = memoryStore();
    const first = await open({ store, flows: [asking()] });
    await first.start('single', 'one', {}, { jobId: 'a' });
    await until(async () => (await all(first.waits())).length === 1);
    await first.pause('a');
    await first.close();
    const second = await open({ store, flows: [asking()] });
    await second.answer('q', 42);
    await second.close();
    const third = await open({ store, flows: [asking()] });
    expect(third.recovered).toMatchObject([{ status: 'paused', waits: 0 }]);
    expect((await (await third.resume('a')).done).outputLog).toMatchObject([{ data: { answer: 42 } }]);
    await third.close();
  });

  it('should be answered once if two answer in one turn', async () => {
    const runtime = await open({ flows: [asking()] });
    const job = await runtime.start('single', 'one', {}, { jobId: 'a' });
    await until(async () => (await job.info()).waits === 1);
    const [first, second] = await Promise.allSettled([runtime.answer('q', 1), runtime.answer('q', 2)]);
    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({ reason: { code: 'ALREADY_ANSWERED', name: 'RuntimeError', details: { jobId: 'a' } } });
    expect((await job.done).outputLog).toMatchObject([{ data: { answer: 1 } }]);
    await runtime.close();
  });

  it('should have a token of its own in the whole store', async () => {
    const runtime = await open({ flows: [asking()] });
    await runtime.start('single', 'one', {}, { jobId: 'a' });
    await until(async () => (await all(runtime.waits())).length === 1);
    const second = await (await runtime.start('single', 'one', {}, { jobId: 'b' })).done;
    expect([second.status, (second.error?.cause as Error | undefined)?.message]).toEqual([
      'failed',
      expect.stringContaining("'q'"),
    ]);
    await runtime.cancel('a');
    const third = await runtime.start('single', 'one', {}, { jobId: 'c' });
    await until(async () => (await third.info()).waits === 1);
    await expect(third.info()).resolves.toMatchObject({ status: 'running', waits: 1 });
    await runtime.close();
  });
});

describe('a task that kills its process', () => {
  it('should be set aside after so many deliveries, and those beside it should not be counted out with it', async () => {
    const store = memoryStore();
    const begun = new Map<unknown, number>();
    const events: RuntimeEvent[] = [];
    let die = (): void => undefined;
    const flow = (): Flow => {
      const made = new Flow({ flowId: 'poison', maxWorkers: 4 });
      const start = new Routine();
      start.defineEvent('item');
      start.defineSlot('trigger', (_, ctx) => {
        for (const n of [0, 1, 2, 3]) ctx.emit('item', { n });
      });
      const work = new Routine();
      work.defineSlot('in', async ({ n }, ctx) => {
        begun.set(n, (begun.get(n) ?? 0) + 1);
        if (n === 1) {
          die();
          await new Promise(() => undefined);
        }
        await sleep(2);
        ctx.output('done', { n });
      });
      work.setErrorHandler(new ErrorHandler({ strategy: 'retry', maxRetries: 5, delayMs: 1, then: 'continue' }));
      made.addRoutine(start, 'start');
      made.addRoutine(work, 'work');
      made.connect('start', 'item', 'work', 'in');
      return made;
    };
    for (let life = 1; life <= 3; life++) {
      const dead = gate();
      die = () => {
        store.crash();
        dead.open();
      };
      const runtime = await open({ store, maxDeliveries: 3, flows: [flow()] });
      await runtime.start('poison', 'start', {}, { jobId: 'a' });
      await dead.opened;
      await sleep(5);
    }
    const runtime = await open({ store, maxDeliveries: 3, flows: [flow()] });
    runtime.event$.subscribe((event) => events.push(event));
    const job = await runtime.start('poison', 'start', {}, { jobId: 'a' });
    const state = await job.done;
    expect(begun.get(1)).toBe(3);
    expect(state.outputLog.map(({ data }) => data['n']).sort()).toEqual([0, 2, 3]);
    expect(state.routineState('work')?.['error']).toContain('begun 3 times');
    expect(events).toContainEqual(expect.objectContaining({ type: 'poisoned', jobId: 'a' }));
    await runtime.close();
  });

  it('should wait on its last delivery until nothing else is at work, also of other flows', async () => {
    const store = memoryStore();
    const { opened } = gate();
    const dying = await open({ store, maxDeliveries: 2, flows: [single(() => opened, { flowId: 'a' })] });
    await dying.start('a', 'one', {}, { jobId: 'a' });
    await atWork(dying);
    store.crash();
    const hold = gate();
    const ran: string[] = [];
    const flows = [
      single(() => ran.push('last'), { flowId: 'a' }),
      single(() => hold.opened.then(() => ran.push('before')), { flowId: 'b' }),
    ];
    const runtime = await open({ store, maxDeliveries: 2, flows, recover: 'none' });
    const other = await runtime.start('b', 'one');
    await atWork(runtime);
    const job = await runtime.resume('a');
    await sleep(10);
    expect(ran).toEqual([]);
    hold.open();
    await Promise.all([job.done, other.done]);
    expect(ran).toEqual(['before', 'last']);
    await runtime.close();
  });

  it('should run alone on its last delivery', async () => {
    let atWork = 0;
    let most = 0;
    const act: Act = async () => {
      most = Math.max(most, ++atWork);
      await sleep(1);
      atWork--;
    };
    const flows = [single(act, { flowId: 'a' }), single(act, { flowId: 'b' })];
    const runtime = await open({ flows, maxDeliveries: 1 });
    const jobs = await Promise.all(['a', 'b', 'a', 'b'].map((flowId) => runtime.start(flowId, 'one')));
    const states = await Promise.all(jobs.map(({ done }) => done));
    expect([states.map(({ status }) => status), most]).toEqual([['completed', 'completed', 'completed', 'completed'], 1]);
    await runtime.close();
  });
});

describe('Runtime.close', () => {
  it('should let what is at work end and be stored, begin nothing more, and repeat nothing', async () => {
    const store = memoryStore();
    const begun: unknown[] = [];
    const hold = gate();
    const flow = (): Flow => {
      const made = new Flow({ flowId: 'closing' });
      const routine = new Routine();
      routine.defineEvent('next');
      routine.defineSlot('trigger', async ({ n }, ctx) => {
        begun.push(n);
        if (n === 1) for (const more of [2, 3]) ctx.emit('next', { n: more });
        if (n === 2) await hold.opened;
      });
      made.addRoutine(routine, 'one');
      made.connect('one', 'next', 'one', 'trigger');
      return made;
    };
    const first = await open({ store, flows: [flow()] });
    const job = await first.start('closing', 'one', { n: 1 }, { jobId: 'a' });
    await until(() => begun.length === 2);
    const closing = first.close();
    const lost = expect(job.done).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(first.start('closing', 'one')).rejects.toMatchObject({ code: 'CLOSED' });
    hold.open();
    const asked = Date.now();
    await closing;
    // It waits for what is at work, and not for its deadline.
    expect(Date.now() - asked).toBeLessThan(5_000);
    await lost;
    expect(begun).toEqual([1, 2]);
    const claims = await store.load('a', ['claim']);
    expect(claims.map(({ fence }) => fence)).toEqual([0]);
    const second = await open({ store, flows: [flow()] });
    await (
      await second.find('a')
    )?.done;
    expect(begun).toEqual([1, 2, 3]);
    expect(second.metrics().repeats).toBe(0);
    await second.close();
  });

  it('should tell what does not end in time by its signal, which is begun again at the next opening', async () => {
    const store = memoryStore();
    const reasons: unknown[] = [];
    let isFirst = true;
    const flow = (): Flow =>
      single((_, ctx) => {
        if (!isFirst) return undefined;
        return new Promise((resolve) => {
          ctx.signal.addEventListener('abort', () => {
            reasons.push((ctx.signal.reason as { code: string }).code);
            resolve(undefined);
          });
        });
      });
    const first = await open({ store, flows: [flow()] });
    await first.start('single', 'one', {}, { jobId: 'a' });
    await atWork(first);
    await first.close({ deadlineMs: 10 });
    expect(reasons).toEqual(['CLOSED']);
    isFirst = false;
    const second = await open({ store, flows: [flow()] });
    expect((await (await second.find('a'))?.done)?.status).toBe('completed');
    await second.close();
  });
});

describe('a store', () => {
  it.each([0.1, 0.5])(
    'that fails at random (%d) should change nothing, and no handler should run more often',
    async (failRate) => {
      for (let seed = 1; seed <= 5; seed++) {
        let runs = 0;
        const flow = single((data, ctx) => {
          runs++;
          const n = data['n'] as number;
          if (n > 0) ctx.emit('out', { n: n - 1 });
          ctx.setState((own: Record<string, unknown>) => ({ sum: ((own['sum'] as number | undefined) ?? 0) + n }));
        });
        flow.connect('one', 'out', 'one', 'in');
        const runtime = await open({ store: faultyStore(memoryStore(), { failRate, seed }), flows: [flow] });
        const state = await (await runtime.start('single', 'one', { n: 5 })).done;
        expect([state.routineState('one')?.['sum'], runs]).toEqual([15, 6]);
        await runtime.close();
      }
    },
  );

  it('that has another owner should let nothing more begin, and say so', async () => {
    const store = memoryStore();
    const begun: unknown[] = [];
    const hold = gate();
    const flow = single(({ n }, ctx) => {
      begun.push(n);
      if ((n as number) < 5) ctx.emit('out', { n: (n as number) + 1 });
      return hold.opened;
    });
    flow.connect('one', 'out', 'one', 'in');
    const runtime = await open({ store, flows: [flow] });
    const events: RuntimeEvent[] = [];
    runtime.event$.subscribe((event) => events.push(event));
    const job = await runtime.start('single', 'one', { n: 1 });
    await until(() => begun.length === 1);
    store.crash();
    hold.open();
    await expect(job.done).rejects.toMatchObject({ code: 'STORE_LOST' });
    await sleep(5);
    expect(begun).toEqual([1]);
    expect(events).toContainEqual(expect.objectContaining({ type: 'storeFailed' }));
  });

  it('that is slow should hold back what begins, and tell it once', async () => {
    const flow = new Flow({ flowId: 'wide', maxWorkers: 50 });
    const start = new Routine();
    start.defineEvent('item');
    start.defineSlot('trigger', (_, ctx) => {
      for (let n = 0; n < 40; n++) ctx.emit('item', { n });
    });
    const work = new Routine();
    work.defineSlot('in', () => undefined);
    flow.addRoutine(start, 'start');
    flow.addRoutine(work, 'work');
    flow.connect('start', 'item', 'work', 'in');
    const runtime = await open({ store: faultyStore(memoryStore(), { delayMs: 5 }), flows: [flow], maxUncommitted: 4 });
    const events: RuntimeEvent[] = [];
    runtime.event$.subscribe((event) => events.push(event));
    const state = await (await runtime.start('wide', 'start')).done;
    expect(state.status).toBe('completed');
    expect(events.filter(({ type }) => type === 'storeSlow').length).toBeGreaterThan(0);
    await runtime.close();
  });
});

describe('Runtime.list', () => {
  it('should give the jobs in the order of their start, or the other way, by status and flow, page by page', async () => {
    const hold = gate();
    const runtime = await open({
      flows: [
        single(({ n }) => (n === 2 ? hold.opened : undefined), { maxWorkers: 2 }),
        single(() => undefined, { flowId: 'b' }),
      ],
    });
    for (const n of [1, 2, 3]) await runtime.start('single', 'one', { n }, { jobId: `j${n}` });
    await (
      await runtime.start('b', 'one', {}, { jobId: 'j4' })
    ).done;
    await until(
      async () =>
        (await runtime.find('j2').then((job) => job?.info()))?.status === 'running' &&
        (await all(runtime.list({ status: 'completed' }))).length === 3,
    );
    const ids = async (query: Parameters<Runtime['list']>[0]): Promise<string[]> =>
      (await all(runtime.list(query))).map(({ jobId }) => jobId);
    await expect(ids({})).resolves.toEqual(['j1', 'j2', 'j3', 'j4']);
    await expect(ids({ order: 'newest' })).resolves.toEqual(['j4', 'j3', 'j2', 'j1']);
    await expect(ids({ status: 'running' })).resolves.toEqual(['j2']);
    await expect(ids({ status: ['completed', 'failed'], flowId: 'single' })).resolves.toEqual(['j1', 'j3']);
    await expect(ids({ after: 'j2', limit: 1 })).resolves.toEqual(['j3']);
    await expect(ids({ limit: 0 })).resolves.toEqual([]);
    hold.open();
    await runtime.close();
  });
});

describe('record$ of a durable job', () => {
  it('should complete at its end', async () => {
    const flow = single(({ n }, ctx) => {
      if (n === 1) ctx.emit('out', { n: 2 });
      else ctx.output('a', {});
    });
    flow.connect('one', 'out', 'one', 'in');
    const runtime = await open({ flows: [flow] });
    const job = await runtime.start('single', 'one', { n: 1 });
    const [records, outputs, statuses] = await Promise.all([
      firstValueFrom(job.record$.pipe(toArray())),
      firstValueFrom(job.output$.pipe(toArray())),
      firstValueFrom(job.status$.pipe(toArray())),
    ]);
    expect(records.at(-1)).toMatchObject({ type: 'ended', status: 'completed' });
    expect(records.filter(({ type }) => type === 'takenIn').length).toBe(1);
    expect(outputs).toMatchObject([{ type: 'a' }]);
    expect(statuses.at(-1)).toBe('completed');
    await runtime.close();
  });
});
