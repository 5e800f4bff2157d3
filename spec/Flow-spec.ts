import fc from 'fast-check';
import {
  type Connection,
  type Data,
  ErrorHandler,
  Flow,
  type FlowOptions,
  type Handler,
  type ParamMapping,
  Routine,
} from '../lib/index.js';
import { deferred, emitting, flowOf, forward, noting, routine, sleep } from './support/flows.js';
import { ours, thrown } from './support/thrown.js';

/** Everything that a flow describes, as one value that can be compared. */
const structure = (flow: Flow): unknown => ({
  flowId: flow.flowId,
  executionStrategy: flow.executionStrategy,
  maxWorkers: flow.maxWorkers,
  executionTimeoutMs: flow.executionTimeoutMs,
  errorHandler: flow.errorHandler,
  connections: flow.connections,
  routines: [...flow.routines].map(([id, made]) => ({
    id,
    type: made.type,
    config: made.config,
    errorHandler: made.errorHandler,
    slots: [...made.slots.values()].map(({ name, merge, handler, emits }) => ({ name, merge, handler, emits })),
    events: [...made.events.values()].map(({ name, paramNames }) => ({ name, paramNames })),
  })),
});

const nothing: Handler = () => undefined;
const entry = { slots: { trigger: nothing } };
const target = { slots: { i: nothing } };

describe('Flow', () => {
  it('should hold exactly the routines and connections that were added (S02)', () => {
    const flow = new Flow();
    expect([flow.routines.size, flow.connections]).toEqual([0, []]);
    const [a, b] = [routine(entry), routine(target)];
    flow.addRoutine(a, 'a');
    flow.addRoutine(b, 'b');
    const connection = flow.connect('a', 'o', 'b', 'i');
    expect([...flow.routines]).toEqual([
      ['a', a],
      ['b', b],
    ]);
    expect(flow.connections).toEqual([connection]);
    expect(connection).toEqual({ sourceId: 'a', sourceEvent: 'o', targetId: 'b', targetSlot: 'i', mapping: undefined });
  });

  it('should show its settings before any run (S03)', () => {
    const errorHandler = new ErrorHandler({ strategy: 'continue' });
    const flow = new Flow({ flowId: 'f', executionStrategy: 'concurrent', maxWorkers: 3, executionTimeoutMs: 50, errorHandler });
    expect(structure(flow)).toMatchObject({
      flowId: 'f',
      executionStrategy: 'concurrent',
      maxWorkers: 3,
      executionTimeoutMs: 50,
      errorHandler,
    });
  });

  it('should have no node logic, output or business data of its own (S06, S07, S08)', () => {
    const flow = new Flow();
    for (const name of [
      'defineSlot',
      'defineEvent',
      'emit',
      'output',
      'output$',
      'sharedData',
      'sharedLog',
      'history',
      'status',
      'state',
    ]) {
      expect(name in flow).toBe(false);
    }
  });

  it.each<[string, FlowOptions]>([
    ['sequential', {}],
    ['concurrent', { maxWorkers: 4 }],
    ['commit', { emitMode: 'commit' }],
  ])('should be the same before and after runs that complete, fail and are cancelled: %s (S06, S07)', async (_, options) => {
    const append = { merge: 'append' } as const;
    const flow = flowOf(
      {
        s: {
          slots: {
            trigger: ({ fail }, ctx) => {
              ctx.setState({ n: 1 });
              ctx.shared.set('n', 1);
              ctx.output('x', { n: 1 });
              ctx.emit('o', { v: 1 });
              ctx.emit('o', { v: 2 });
              if (fail === true) throw new Error('asked for');
            },
          },
        },
        t: { slots: { i: [nothing, append] } },
      },
      ['s.o -> t.i'],
      options,
    );
    flow.routines
      .get('t')
      ?.setConfig({ a: { b: 1 } })
      .setAsOptional();
    const before = structure(flow);
    const copy = JSON.stringify(before);
    await flow.execute('s');
    await flow.execute('s', { fail: true });
    await flow.start('s').cancel('enough');
    expect(structure(flow)).toEqual(before);
    expect(JSON.stringify(structure(flow))).toBe(copy);
    expect(flow.jobs).toEqual([]);
  });

  it('should be a template: each run has a job of its own with a history of its own (S09, S10)', async () => {
    const flow = flowOf(
      { s: { slots: { trigger: (data, ctx) => void ctx.emit('o', data) } }, t: { slots: { i: [forward, { merge: 'append' }] } } },
      ['s.o -> t.i'],
    );
    const states = [await flow.execute('s', { n: 1 }), await flow.execute('s', { n: 2 }), await flow.execute('s', { n: 3 })];
    expect(states.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed']);
    expect(new Set(states.map(({ jobId }) => jobId)).size).toBe(3);
    expect(states.map((state) => state.history('t').map(({ data }) => data))).toEqual([[{ n: [1] }], [{ n: [2] }], [{ n: [3] }]]);
  });

  it('should keep to its workers after a run that failed (S05, S09)', async () => {
    let active = 0;
    let peak = 0;
    const work = async ({ fail }: Data): Promise<void> => {
      active++;
      peak = Math.max(peak, active);
      if (fail !== true) await sleep(1);
      active--;
    };
    const flow = flowOf({
      s: {
        slots: {
          trigger: (data) => {
            if (data['fail'] === true) throw new Error('asked for');
            return work(data);
          },
        },
      },
    });
    for (let run = 0; run < 3; run++) await flow.execute('s', { fail: true });
    await Promise.all([1, 2, 3, 4].map(() => flow.execute('s')));
    expect(peak).toBe(1);
  });
});

describe('Flow.addRoutine', () => {
  it('should give the id it was given, or the id of the routine (S21, S22)', () => {
    const flow = new Flow();
    const [a, b] = [new Routine(), new Routine()];
    expect([flow.addRoutine(a, 'mine'), flow.addRoutine(b)]).toEqual(['mine', b.id]);
    expect([...flow.routines.keys()]).toEqual(['mine', b.id]);
  });

  it.each(['__proto__', 'constructor', 'trigger', 'a.b', ' '])('should take any name for an id: %p (X)', async (id) => {
    const flow = new Flow();
    flow.addRoutine(routine(entry), id);
    expect((await flow.execute(id)).history(id).map(({ eventName }) => eventName)).toEqual(['start']);
  });
});

describe('Flow.connect', () => {
  it('should lead from the event of one routine to the slot of another, once per emission (S23)', async () => {
    const log: unknown[] = [];
    const flow = flowOf({
      r1: { slots: { trigger: emitting({ v: 1 }) } },
      r2: { slots: { i: noting(log, (data) => data), j: noting(log, 'j') } },
    });
    flow.connect('r1', 'o', 'r2', 'i');
    await flow.execute('r1');
    expect(log).toEqual([{ v: 1 }]);
  });

  it('should take its ends written short, also where an id has dots, and map what goes over (S23, S24)', async () => {
    const log: Data[] = [];
    const flow = new Flow();
    flow.addRoutine(routine({ slots: { trigger: emitting({ v: 1 }) } }), 'a.b');
    flow.addRoutine(routine({ slots: { i: noting<Data>(log, (data) => data) } }), 'c');
    const connection = flow.connect('a.b.o', 'c.i', { v: 'w' });
    expect(connection).toMatchObject({ sourceId: 'a.b', sourceEvent: 'o', targetId: 'c', targetSlot: 'i' });
    expect(flow.connect('a.b', 'o', 'c', 'i', { v: 'w' })).toBe(connection);
    await flow.execute('a.b');
    expect(log).toEqual([{ w: 1 }]);
  });

  it.each([
    ['a routine without an event', 'r', 'r.i', 'BAD_OPTION'],
    ['a routine without a slot', 'r.o', 'r', 'BAD_OPTION'],
    ['an unknown routine', 'x.o', 'r.i', 'UNKNOWN_ROUTINE'],
  ])('should refuse %s as an end written short', (_, source, target, code) => {
    const flow = flowOf({ r: { slots: { i: undefined } } });
    expect(ours(thrown(() => flow.connect(source, target))).code).toBe(code);
  });

  it('should lead to many slots in the order of the calls, and from many events in the order of emission (G19)', async () => {
    const log: unknown[] = [];
    const named = (name: string): Handler => noting(log, ({ v }) => `${name}${String(v)}`);
    const flow = flowOf(
      {
        s: {
          slots: {
            trigger: (_, ctx) => {
              ctx.emit('p', { v: 1 });
              ctx.emit('o', { v: 2 });
              ctx.emit('p', { v: 3 });
            },
          },
          events: ['o', 'p'],
        },
        a: { slots: { i: named('a') } },
        b: { slots: { i: named('b') } },
      },
      ['s.p -> b.i', 's.p -> a.i', 's.o -> a.i'],
    );
    await flow.execute('s');
    expect(log).toEqual(['b1', 'a1', 'a2', 'b3', 'a3']);
  });

  it('should allow an event to go to a slot of its own routine (G20)', async () => {
    const seen: unknown[] = [];
    const flow = flowOf(
      {
        s: {
          slots: {
            trigger: emitting({ n: 0 }),
            i: ({ n }, ctx) => {
              seen.push(n);
              if (n !== 3) ctx.emit('o', { n: Number(n) + 1 });
            },
          },
        },
      },
      ['s.o -> s.i'],
    );
    expect((await flow.execute('s')).status).toBe('completed');
    expect(seen).toEqual([0, 1, 2, 3]);
  });

  it.each<[string, ParamMapping | undefined]>([
    ['no mapping', undefined],
    ['the same renames', { v: 'w' }],
  ])('should make one link of the same link twice: %s (G22)', async (_, mapping) => {
    const log: unknown[] = [];
    const flow = flowOf({ s: { slots: { trigger: emitting({ v: 1 }) } }, t: { slots: { i: noting(log, 't') } } });
    const first = flow.connect('s', 'o', 't', 'i', mapping);
    expect(flow.connect('s', 'o', 't', 'i', typeof mapping === 'object' ? { ...mapping } : mapping)).toBe(first);
    expect(flow.connections).toHaveLength(1);
    await flow.execute('s');
    expect(log).toEqual(['t']);
  });

  it('should make two links of two mappings between the same ends (G22)', () => {
    const flow = flowOf({ s: entry, t: target });
    const mapping = (data: Data): Data => data;
    flow.connect('s', 'o', 't', 'i');
    flow.connect('s', 'o', 't', 'i', { a: 'b' });
    flow.connect('s', 'o', 't', 'i', { a: 'c' });
    flow.connect('s', 'o', 't', 'i', { a: 'b', c: 'd' });
    flow.connect('s', 'o', 't', 'i', mapping);
    flow.connect('s', 'o', 't', 'i', mapping);
    expect(flow.connections).toHaveLength(5);
  });

  it('should lead from event to slot where it is given the two themselves, by their ids in this flow (API, S23)', async () => {
    const log: unknown[] = [];
    const [s, t] = [new Routine(), new Routine()];
    const event = s.defineEvent<{ v: number }>('o');
    s.defineSlot('trigger', (_: Data, ctx) => {
      ctx.emit(event, { v: 1 });
    });
    const slot = t.defineSlot('i', (data: { w: number }) => void log.push(data));
    const flow = new Flow();
    flow.addRoutine(s, 'source');
    flow.addRoutine(t, 'target');
    expect(flow.connect(event, slot, { v: 'w' })).toEqual({
      sourceId: 'source',
      sourceEvent: 'o',
      targetId: 'target',
      targetSlot: 'i',
      mapping: { v: 'w' },
    });
    flow.connect(event, slot, ({ v }) => ({ w: v * 10 }));
    await flow.execute('source');
    expect(log).toEqual([{ w: 1 }, { w: 10 }]);
  });
});

describe('Flow.disconnect', () => {
  it('should take a link away, and do nothing where there is none (G22)', async () => {
    const log: unknown[] = [];
    const flow = flowOf({
      s: { slots: { trigger: emitting({ v: 1 }) } },
      a: { slots: { i: noting(log, 'a') } },
      b: { slots: { i: noting(log, 'b') } },
    });
    const connection = flow.connect('s', 'o', 'a', 'i');
    flow.connect('s', 'o', 'b', 'i');
    flow.disconnect(connection);
    flow.disconnect(connection);
    expect(flow.connections).toHaveLength(1);
    await flow.execute('s');
    expect(log).toEqual(['b']);
  });

  it('should take away a link that is described anew, and only the one with that mapping (G22)', () => {
    const flow = flowOf({ s: entry, t: target });
    const [plain, mapped] = [flow.connect('s', 'o', 't', 'i'), flow.connect('s', 'o', 't', 'i', { a: 'b' })];
    flow.disconnect({ ...plain });
    expect(flow.connections).toEqual([mapped]);
  });

  it('should leave a list of connections that was read as it was', () => {
    const flow = flowOf({ s: entry, t: target }, ['s.o -> t.i']);
    const read = flow.connections;
    flow.disconnect(read[0] as Connection);
    expect([read.length, flow.connections.length]).toEqual([1, 0]);
  });

  it('should come out as the links that were made and not taken away, in order, whatever the calls (G22)', () => {
    const ids = ['a', 'b', 'c'];
    const call = fc.record({
      add: fc.boolean(),
      from: fc.constantFrom(...ids),
      to: fc.constantFrom(...ids),
      map: fc.constantFrom(undefined, { x: 'y' }),
    });
    fc.assert(
      fc.property(fc.array(call, { maxLength: 40 }), (calls) => {
        const flow = flowOf({ a: target, b: target, c: target });
        const model: string[] = [];
        for (const { add, from, to, map } of calls) {
          const key = `${from} ${to} ${JSON.stringify(map)}`;
          const known = model.indexOf(key);
          if (add) {
            flow.connect(from, 'o', to, 'i', map);
            if (known < 0) model.push(key);
          } else {
            flow.disconnect({ sourceId: from, sourceEvent: 'o', targetId: to, targetSlot: 'i', mapping: map });
            if (known >= 0) model.splice(known, 1);
          }
        }
        expect(
          flow.connections.map(({ sourceId, targetId, mapping }) => `${sourceId} ${targetId} ${JSON.stringify(mapping)}`),
        ).toEqual(model);
      }),
    );
  });
});

describe('Flow.dependencyGraph', () => {
  const graph = (links: readonly string[]): Record<string, string[]> =>
    Object.fromEntries(
      [...flowOf({ a: target, b: target, c: target }, links).dependencyGraph()].map(([id, from]) => [id, [...from]]),
    );

  it.each<[string, readonly string[], Record<string, string[]>]>([
    ['a chain', ['a.o -> b.i', 'b.o -> c.i'], { a: [], b: ['a'], c: ['b'] }],
    ['routines without links', [], { a: [], b: [], c: [] }],
    ['a fan-in', ['a.o -> c.i', 'b.o -> c.i'], { a: [], b: [], c: ['a', 'b'] }],
    ['a loop', ['a.o -> b.i', 'b.o -> a.i', 'c.o -> c.i'], { a: ['b'], b: ['a'], c: ['c'] }],
  ])('should give for each routine those that feed it: %s (G83)', (_, links, expected) => {
    expect(graph(links)).toEqual(expected);
  });

  it('should count two links between two routines once (G83)', () => {
    const flow = flowOf({ a: target, b: { slots: { i: nothing, j: nothing } } }, ['a.o -> b.i', 'a.o -> b.j']);
    expect([...(flow.dependencyGraph().get('b') ?? [])]).toEqual(['a']);
  });

  it('should tell which routines are ready: all they depend on has completed (G83)', () => {
    const dependencies = flowOf({ a: target, b: target, c: target }, ['a.o -> b.i', 'b.o -> c.i']).dependencyGraph();
    const ready = (completed: readonly string[]): string[] =>
      [...dependencies]
        .filter(([id, from]) => !completed.includes(id) && [...from].every((each) => completed.includes(each)))
        .map(([id]) => id);
    expect([ready([]), ready(['a']), ready(['a', 'b']), ready(['a', 'b', 'c'])]).toEqual([['a'], ['b'], ['c'], []]);
  });

  it('should be a copy: what is done to it does not change the flow', () => {
    const flow = flowOf({ a: target, b: target }, ['a.o -> b.i']);
    (flow.dependencyGraph().get('b') as Set<string>).clear();
    expect(flow.dependencyGraph().get('b')?.size).toBe(1);
  });
});

describe('a change of the description', () => {
  /** A run that waits at its entry until it is let go, and what it then reaches. */
  const held = (): { flow: Flow; log: string[]; release: () => void } => {
    const log: string[] = [];
    const { promise, resolve } = deferred();
    const flow = flowOf(
      {
        s: {
          slots: {
            trigger: async (_, ctx) => {
              await promise;
              ctx.emit('o', { v: 1 });
            },
          },
        },
        a: { slots: { i: noting(log, 'a') } },
        b: { slots: { i: noting(log, 'b') } },
      },
      ['s.o -> a.i'],
    );
    return {
      flow,
      log,
      release: () => {
        resolve();
      },
    };
  };

  const changes: readonly [string, (flow: Flow) => unknown, string[]][] = [
    ['connect', (flow) => flow.connect('s', 'o', 'b', 'i'), ['a', 'b']],
    [
      'disconnect',
      (flow) => {
        flow.disconnect(flow.connections[0] as Connection);
      },
      [],
    ],
    [
      'addRoutine',
      (flow) => {
        flow.addRoutine(
          routine({
            slots: {
              i: function (this: Routine) {
                this.slot('i');
              },
            },
          }),
          'c',
        );
        flow.connect('a', 'o', 'c', 'i');
      },
      ['a'],
    ],
    ['defineSlot', (flow) => flow.routines.get('a')?.defineSlot('late'), ['a']],
  ];

  it.each(changes)('should be for later runs only: %s (D17)', async (_, change, later) => {
    const { flow, log, release } = held();
    const job = flow.start('s');
    await sleep(0);
    change(flow);
    release();
    await job.done;
    expect(log).toEqual(['a']);
    log.length = 0;
    await flow.execute('s');
    expect(log).toEqual(later);
  });

  it('should be for later runs only also between start and the first task (D17)', async () => {
    const { flow, log, release } = held();
    const job = flow.start('s');
    flow.connect('s', 'o', 'b', 'i');
    release();
    await job.done;
    expect(log).toEqual(['a']);
  });

  it.each<[string, (flow: Flow, handler: ErrorHandler) => unknown]>([
    ['of the flow', (flow, handler) => flow.setErrorHandler(handler)],
    ['of the routine', (flow, handler) => flow.routines.get('s')?.setErrorHandler(handler)],
  ])('should be for later runs only: the error handler %s (D17)', async (_, change) => {
    const { promise, reject } = deferred();
    const flow = flowOf({ s: { slots: { trigger: () => promise } } });
    const job = flow.start('s');
    await sleep(0);
    change(flow, new ErrorHandler({ strategy: 'continue' }));
    reject(new Error('late'));
    expect((await job.done).status).toBe('failed');
    expect((await flow.execute('s')).status).toBe('completed');
  });

  it('should be for later runs only: the execution strategy (D17, S63)', async () => {
    const peaks = { before: 0, after: 0 };
    let active = 0;
    const work: Handler = async ({ when }) => {
      active++;
      peaks[when as 'before' | 'after'] = Math.max(peaks[when as 'before' | 'after'], active);
      await sleep(2);
      active--;
    };
    const flow = flowOf(
      {
        s: {
          slots: {
            trigger: (data, ctx) => {
              for (let n = 0; n < 8; n++) ctx.emit('o', data);
            },
          },
        },
        t: { slots: { i: work } },
      },
      ['s.o -> t.i'],
    );
    const job = flow.start('s', { when: 'before' });
    await sleep(0);
    flow.setExecutionStrategy('concurrent', { maxWorkers: 4 });
    await job.done;
    await flow.execute('s', { when: 'after' });
    expect(peaks).toEqual({ before: 1, after: 4 });
  });
});

describe('isolation', () => {
  type Deep = { n: unknown; inner: { n: unknown } };

  /** What a second target gets after the first one has changed its payload at the top and below. */
  const seenAfterChange = async (
    isolation: FlowOptions['isolation'],
  ): Promise<{ first: unknown; second: Deep[]; emitted: Deep }> => {
    const second: Deep[] = [];
    const emitted: Deep = { n: 1, inner: { n: 1 } };
    const flow = flowOf(
      {
        s: { slots: { trigger: (_, ctx) => void ctx.emit('o', emitted) } },
        a: {
          slots: {
            i: (data) => {
              const deep = data as unknown as Deep;
              deep.inner.n = 'changed';
              deep.n = 'changed';
            },
          },
        },
        b: { slots: { i: (data) => void second.push(data as unknown as Deep) } },
      },
      ['s.o -> a.i', 's.o -> b.i'],
      { isolation },
    );
    flow.routines.get('a')?.setAsOptional();
    const state = await flow.execute('s');
    return { first: state.routineState('a')?.['status'], second, emitted };
  };

  it.each<[FlowOptions['isolation'], unknown]>([
    [undefined, 'shallow'],
    ['shallow', 'shallow'],
  ])('should give each target its own top level: %p (D6)', async (isolation) => {
    const { first, second } = await seenAfterChange(isolation);
    expect([first, second]).toEqual(['completed', [{ n: 1, inner: { n: 'changed' } }]]);
  });

  it('should give each target its own everything: clone (D6)', async () => {
    const { first, second, emitted } = await seenAfterChange('clone');
    expect([first, second, emitted]).toEqual(['completed', [{ n: 1, inner: { n: 1 } }], { n: 1, inner: { n: 1 } }]);
  });

  it('should refuse what cannot be cloned by the name of the entry, before anything runs (D6)', () => {
    const flow = flowOf({ s: entry }, [], { isolation: 'clone' });
    expect(() => flow.start('s', { call: () => 1 })).toThrow(
      expect.objectContaining({ name: 'FlowError', message: expect.stringContaining("'s'") as string }) as Error,
    );
    expect(flow.jobs).toEqual([]);
  });

  it('should let no target change anything: freeze (D6)', async () => {
    const { first, second, emitted } = await seenAfterChange('freeze');
    expect([first, second]).toEqual(['error_continued', [{ n: 1, inner: { n: 1 } }]]);
    expect(second[0]).toBe(emitted);
    expect([Object.isFrozen(emitted), Object.isFrozen(emitted.inner)]).toEqual([true, true]);
  });

  it.each<FlowOptions['isolation']>(['shallow', 'clone'])(
    'should keep targets apart from what the emitter does afterwards: %s (D6)',
    async (isolation) => {
      const seen: Data[] = [];
      const flow = flowOf(
        {
          s: {
            slots: {
              trigger: (_, ctx) => {
                const payload = { n: 1 };
                ctx.emit('o', payload);
                payload.n = 2;
                ctx.emit('o', payload);
              },
            },
          },
          t: { slots: { i: (data) => void seen.push(data) } },
        },
        ['s.o -> t.i'],
        { isolation },
      );
      await flow.execute('s');
      expect(seen).toEqual([{ n: 1 }, { n: 2 }]);
    },
  );

  it.each<FlowOptions['isolation']>(['shallow', 'clone'])(
    'should keep a run apart from what its caller does with the params: %s (D6)',
    async (isolation) => {
      const seen: Data[] = [];
      const flow = flowOf({ s: { slots: { trigger: (data) => void seen.push({ ...data }) } } }, [], { isolation });
      const params = { n: 1 };
      const job = flow.start('s', params);
      params.n = 2;
      await job.done;
      expect(seen).toEqual([{ n: 1 }]);
      expect(job.state.history()[0]?.data).toEqual({ n: 1 });
    },
  );

  it.each<FlowOptions['isolation']>(['shallow', 'freeze', 'clone'])(
    'should never let a list that a slot appends to change under a handler: %s (X, D6)',
    async (isolation) => {
      const lists: unknown[] = [];
      const flow = flowOf(
        {
          s: { slots: { trigger: emitting({ v: 1 }, { v: 2 }, { v: 3 }) } },
          t: { slots: { i: [({ v }) => void lists.push(v), { merge: 'append' }] } },
        },
        ['s.o -> t.i'],
        { isolation },
      );
      await flow.execute('s');
      expect(lists).toEqual([[1], [1, 2], [1, 2, 3]]);
    },
  );

  it.each<FlowOptions['isolation']>(['shallow', 'clone'])(
    'should give each attempt of a task an untouched payload: %s (D6, D24)',
    async (isolation) => {
      const seen: Data[] = [];
      const flow = flowOf(
        {
          s: {
            slots: {
              trigger: (data) => {
                seen.push({ ...data });
                Object.assign(data, { n: 'changed' });
                if (seen.length < 3) throw new Error('not yet');
              },
            },
          },
        },
        [],
        { isolation },
      );
      flow.routines.get('s')?.setAsCritical({ delayMs: 0 });
      await flow.execute('s', { n: 1 });
      expect(seen).toEqual([{ n: 1 }, { n: 1 }, { n: 1 }]);
    },
  );
});

describe('a payload', () => {
  it.each(['_type', '__proto__', 'constructor', 'then', 'flow', 'event_name', 'data', 'status'])(
    'should go through entry, emission, record and history with a key %s as with any other (X)',
    async (key) => {
      const seen: Data[] = [];
      const flow = flowOf(
        {
          s: { slots: { trigger: (data, ctx) => void ctx.emit('o', data) } },
          t: { slots: { i: (data) => void seen.push(data) } },
        },
        ['s.o -> t.i'],
      );
      const payload = JSON.parse(`{"${key}":{"evil":true},"n":1}`) as Data;
      const job = flow.start('s', payload);
      const recorded: Data[] = [];
      job.record$.subscribe((record) => {
        if (record.type === 'emitted') recorded.push(record.data);
      });
      const state = await job.done;
      expect(state.status).toBe('completed');
      for (const data of [seen[0], recorded[0], ...state.history().map((record) => record.data)]) {
        expect(Object.entries(data ?? {})).toEqual([
          [key, { evil: true }],
          ['n', 1],
        ]);
      }
      expect(({} as { evil?: boolean }).evil).toBeUndefined();
    },
  );

  it('should not be awaited for having a then (X)', async () => {
    const then = jest.fn();
    const flow = flowOf(
      { s: { slots: { trigger: (data, ctx) => void ctx.emit('o', data) } }, t: { slots: { i: (data) => data['n'] } } },
      ['s.o -> t.i'],
    );
    expect((await flow.execute('s', { then, n: 1 })).status).toBe('completed');
    expect(then).not.toHaveBeenCalled();
  });
});
