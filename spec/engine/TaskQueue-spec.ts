import { type Data, Flow } from '../../lib/index.js';
import { emitting, flowOf, forward, noting, routine, type Sketch } from '../support/flows.js';
import { marbles, starts } from '../support/marbles.js';

/** What one run of a flow noted. */
const logOf = async <T>(build: (log: T[]) => Flow, params: Data = {}): Promise<T[]> => {
  const log: T[] = [];
  const state = await build(log).execute('s', params);
  expect(state.status).toBe('completed');
  return log;
};

const relay = (log: string[], word: string): Sketch => ({
  slots: {
    i: (data, ctx) => {
      log.push(word);
      forward(data, ctx);
    },
  },
});

const modes = [{ executionStrategy: 'sequential' }, { executionStrategy: 'concurrent', maxWorkers: 3 }] as const;

describe('TaskQueue', () => {
  describe.each(modes)('$executionStrategy (S12)', (options) => {
    it('should return from emit before the target runs, though it answers at once (S11, S16, S57, SC006, rule 4)', async () => {
      const log = await logOf<string>((noted) => {
        const s: Sketch = {
          slots: {
            trigger: (_, ctx) => {
              noted.push('before');
              ctx.emit('o', {});
              noted.push('after');
            },
          },
        };
        return flowOf({ s, t: { slots: { i: noting(noted, 't') } } }, ['s.o -> t.i'], options);
      });
      expect(log).toEqual(['before', 'after', 't']);
    });

    it('should activate the targets of an event in the order of their connections (S65, G19, SC002)', async () => {
      const log = await logOf<string>((noted) => {
        const targets = Object.fromEntries(['r1', 'r2', 'r3'].map((id) => [id, { slots: { i: noting(noted, id) } }]));
        const links = ['s.o -> r2.i', 's.o -> r1.i', 's.o -> r3.i'];
        return flowOf({ s: { slots: { trigger: emitting({}) } }, ...targets }, links, options);
      });
      expect(log).toEqual(['r2', 'r1', 'r3']);
    });

    it('should go breadth first: chains alternate (S18, S73, SC003)', async () => {
      const log = await logOf<string>((noted) => {
        const relays = Object.fromEntries(['A', 'B', 'C', 'A1', 'B1', 'A2'].map((id) => [id, relay(noted, id)]));
        const links = ['s.o -> A.i', 's.o -> B.i', 's.o -> C.i', 'A.o -> A1.i', 'A1.o -> A2.i', 'B.o -> B1.i'];
        return flowOf({ s: { slots: { trigger: emitting({}) } }, ...relays }, links, options);
      });
      expect(log).toEqual(['A', 'B', 'C', 'A1', 'B1', 'A2']);
    });

    it('should finish one emission over all its targets before the next one (SC004)', async () => {
      const log = await logOf<string>((noted) => {
        const target = (id: string): Sketch => ({ slots: { i: noting(noted, ({ n }) => `${id}${String(n)}`) } });
        const s: Sketch = { slots: { trigger: emitting({ n: 1 }, { n: 2 }) } };
        return flowOf({ s, A: target('A'), B: target('B') }, ['s.o -> A.i', 's.o -> B.i'], options);
      });
      expect(log).toEqual(['A1', 'B1', 'A2', 'B2']);
    });

    it('should not let a chain of 50 hold up a sibling (S13)', async () => {
      const log = await logOf<string>((noted) => {
        const chain: Sketch = {
          slots: {
            i: ({ n }, ctx) => {
              noted.push(`hop${String(n)}`);
              if (Number(n) < 50) ctx.emit('o', { n: Number(n) + 1 });
            },
          },
        };
        const s: Sketch = { slots: { trigger: emitting({ n: 1 }) } };
        const links = ['s.o -> chain.i', 'chain.o -> chain.i', 's.o -> sibling.i'];
        return flowOf({ s, chain, sibling: { slots: { i: noting(noted, 'sibling') } } }, links, options);
      });
      expect(log).toHaveLength(51);
      expect(log.slice(0, 3)).toEqual(['hop1', 'sibling', 'hop2']);
    });

    it('should feed three slots of one routine from three events, one call per emission (G10, SC018)', async () => {
      const log = await logOf<string>((noted) => {
        const s: Sketch = {
          events: ['a', 'b', 'c'],
          slots: {
            trigger: (_, ctx) => {
              for (let n = 0; n < 3; n++) for (const event of ['a', 'b', 'c']) ctx.emit(event, { n });
            },
          },
        };
        const into = (slot: string): [string, ReturnType<typeof noting>] => [
          slot,
          noting(noted, ({ n }: Data) => `${slot}:${String(n)}`),
        ];
        const t: Sketch = { slots: Object.fromEntries([into('i1'), into('i2'), into('i3')]) };
        return flowOf({ s, t }, ['s.a -> t.i1', 's.b -> t.i2', 's.c -> t.i3'], options);
      });
      expect(log).toEqual(['i1:0', 'i2:0', 'i3:0', 'i1:1', 'i2:1', 'i3:1', 'i1:2', 'i2:2', 'i3:2']);
    });

    it('should bring many events into one slot in the order of emission (G19)', async () => {
      const log = await logOf<number>((noted) => {
        const s: Sketch = {
          events: ['a', 'b'],
          slots: {
            trigger: (_, ctx) =>
              ['b', 'a', 'b'].forEach((e, n) => {
                ctx.emit(e, { n });
              }),
          },
        };
        return flowOf({ s, t: { slots: { i: noting(noted, ({ n }) => Number(n)) } } }, ['s.a -> t.i', 's.b -> t.i'], options);
      });
      expect(log).toEqual([0, 1, 2]);
    });

    it('should let an event feed a slot of its own routine (G20, SC015)', async () => {
      const log = await logOf<number>(
        (noted) => {
          const s: Sketch = {
            slots: {
              trigger: ({ n }, ctx) => {
                noted.push(Number(n));
                if (Number(n) < 3) ctx.emit('o', { n: Number(n) + 1 });
              },
            },
          };
          return flowOf({ s }, ['s.o -> s.trigger'], options);
        },
        { n: 0 },
      );
      expect(log).toEqual([0, 1, 2, 3]);
    });

    it('should retry by a loop in the graph (SC017)', async () => {
      const log: string[] = [];
      const b: Sketch = {
        events: ['failure', 'success'],
        slots: {
          i: ({ retryCount = 0 }, ctx) => {
            log.push(`b${String(retryCount)}`);
            ctx.emit(Number(retryCount) < 2 ? 'failure' : 'success', { retryCount });
          },
        },
      };
      const r: Sketch = {
        events: ['retry', 'ok'],
        slots: {
          failed: ({ retryCount }, ctx) => {
            ctx.emit('retry', { retryCount: Number(retryCount) + 1 });
          },
          succeeded: ({ retryCount }, ctx) => {
            ctx.emit('ok', { attempts: Number(retryCount) + 1 });
          },
        },
      };
      const c: Sketch = { slots: { i: noting(log, ({ attempts }) => `c${String(attempts)}`) } };
      const links = ['s.o -> b.i', 'b.failure -> r.failed', 'b.success -> r.succeeded', 'r.retry -> b.i', 'r.ok -> c.i'];
      const flow = flowOf({ s: { slots: { trigger: emitting({}) } }, b, r, c }, links, options);
      const state = await flow.execute('s');
      expect(log).toEqual(['b0', 'b1', 'b2', 'c3']);
      expect(state.history().map(({ routineId, eventName }) => `${routineId}:${eventName}`)).toEqual([
        's:start',
        's:o',
        'b:failure',
        'r:retry',
        'b:failure',
        'r:retry',
        'b:success',
        'r:ok',
      ]);
    });

    it('should note an emission that nobody listens to, and go on (SC019, G06, G55)', async () => {
      const state = await flowOf({ s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }) } } }, [], options).execute('s');
      expect(state.status).toBe('completed');
      expect(state.history('s').map(({ eventName, data }) => [eventName, data])).toEqual([
        ['start', {}],
        ['o', { n: 1 }],
        ['o', { n: 2 }],
      ]);
    });

    it('should run a diamond, its ends gathered in arrival order (SC052)', async () => {
      const gathered = await logOf<unknown>((noted) => {
        const part = (v: string): Sketch => ({ slots: { i: emitting({ v }) } });
        const agg: Sketch = { slots: { i: [noting(noted, ({ v }) => v), { merge: 'append' }] } };
        const links = ['s.o -> p1.i', 's.o -> p2.i', 'p1.o -> agg.i', 'p2.o -> agg.i'];
        return flowOf({ s: { slots: { trigger: emitting({}) } }, p1: part('P1'), p2: part('P2'), agg }, links, options);
      });
      expect(gathered).toEqual([['P1'], ['P1', 'P2']]);
    });
  });

  it('should note the history of a chain in order, done when the run resolves (SC001, S31, S37, S44, S45, G56)', async () => {
    const c: Sketch = {
      slots: {
        i: ({ v }, ctx) => {
          ctx.setState({ v });
        },
      },
    };
    const b: Sketch = {
      slots: {
        i: ({ v }, ctx) => {
          ctx.emit('o', { v: Number(v) + 1 });
        },
      },
    };
    const flow = flowOf({ a: { slots: { trigger: emitting({ v: 1 }) } }, b, c }, ['a.o -> b.i', 'b.o -> c.i']);
    const state = await flow.execute('a');
    expect(state.status).toBe('completed');
    expect(state.routineState('c')).toMatchObject({ v: 2, status: 'completed' });
    expect(state.history().map(({ routineId, eventName, data }) => [routineId, eventName, data])).toEqual([
      ['a', 'start', {}],
      ['a', 'o', { v: 1 }],
      ['b', 'o', { v: 2 }],
    ]);
  });

  it('should order sequential runs the same way every time (S58)', async () => {
    const build = (log: string[]): Flow => {
      const relays = Object.fromEntries(['A', 'B', 'C', 'D'].map((id) => [id, relay(log, id)]));
      return flowOf({ s: { slots: { trigger: emitting({}, {}) } }, ...relays }, [
        's.o -> A.i',
        's.o -> B.i',
        'A.o -> C.i',
        'B.o -> D.i',
      ]);
    };
    const first = await logOf(build);
    const second = await logOf(build);
    expect(first).toEqual(['A', 'B', 'A', 'B', 'C', 'D', 'C', 'D']);
    expect(second).toEqual(first);
  });

  it(
    'should hand out the tasks of a fan-out one per free worker, the rest waiting in the open (S40, S78, rule 3)',
    marbles(({ cold, expectObservable, flush, scheduler }) => {
      const target: Sketch = { slots: { i: () => cold('------|') } };
      const flow = flowOf(
        { s: { slots: { trigger: emitting({}) } }, a: target, b: target, c: target },
        ['s.o -> a.i', 's.o -> b.i', 's.o -> c.i'],
        { scheduler },
      );
      const waiting: unknown[] = [];
      for (const frame of [1, 7, 13]) {
        scheduler.schedule(() => waiting.push(flow.jobs[0]?.state.pendingTasks.map(({ routineId }) => routineId)), frame);
      }
      expectObservable(starts(flow.run$('s'))).toBe('(sa)--b-----c-----|');
      flush();
      expect(waiting).toEqual([['b', 'c'], ['c'], []]);
    }),
  );

  it('should make emit cheap: the median of 5,000 is far below 1 ms (S68)', async () => {
    const took: number[] = [];
    const s: Sketch = {
      slots: {
        trigger: (_, ctx) => {
          for (let n = 0; n < 5_000; n++) {
            const before = performance.now();
            ctx.emit('o', { n });
            took.push(performance.now() - before);
          }
        },
      },
    };
    await flowOf({ s, t: { slots: { i: () => undefined } } }, ['s.o -> t.i']).execute('s');
    expect([...took].sort((a, b) => a - b)[2_500]).toBeLessThan(1);
  });

  it('should be the only way in: a routine cannot be called (G17)', () => {
    expect(typeof routine({})).toBe('object');
    expect(() => (routine({}) as unknown as () => void)()).toThrow(TypeError);
  });

  it('should show every activation as a task with its slot, data, connection and job (S01, S15, S71)', async () => {
    const flow = flowOf({ s: { slots: { trigger: emitting({ v: 1 }) } }, t: { slots: { i: () => undefined } } });
    const link = flow.connect('s', 'o', 't', 'i', { v: 'w' });
    const job = flow.start('s', { p: 0 });
    const tasks: unknown[] = [];
    job.record$.subscribe((record) => {
      if (record.type === 'taskQueued' || record.type === 'taskStarted' || record.type === 'taskSettled') {
        const { type, jobId, routineId, slot, attempt, retryCount, connection } = record;
        tasks.push([type, jobId, routineId, slot, attempt, retryCount, connection]);
      }
    });
    await job.done;
    const of = (routineId: string, slot: string, connection?: unknown): unknown[] =>
      ['taskQueued', 'taskStarted', 'taskSettled'].map((type) => [type, job.id, routineId, slot, 1, 0, connection]);
    expect(tasks).toHaveLength(6);
    expect(tasks).toEqual(expect.arrayContaining([...of('s', 'trigger'), ...of('t', 'i', link)]));
  });

  it('should give the task of a record its payload, before the merge as it was emitted, after it as the handler got it (S15)', async () => {
    const flow = flowOf({ s: { slots: { trigger: emitting({ v: 1 }) } }, t: { slots: { i: () => undefined } } });
    flow.connect('s', 'o', 't', 'i', { v: 'w' });
    const job = flow.start('s');
    const data: unknown[] = [];
    job.record$.subscribe((record) => {
      if ((record.type === 'taskQueued' || record.type === 'taskSettled') && record.routineId === 't') data.push(record.data);
    });
    await job.done;
    expect(data).toEqual([{ v: 1 }, { w: 1 }]);
  });

  it('should apply a mapping when the task runs, and not to a direct receive (S70, S24)', async () => {
    const log: Data[] = [];
    const flow = new Flow();
    const t = routine({ slots: { i: noting<Data>(log, (data) => data) } });
    flow.addRoutine(routine({ slots: { trigger: emitting({ a: 1 }) } }), 's');
    flow.addRoutine(t, 't');
    flow.connect('s', 'o', 't', 'i', { a: 'b' });
    await flow.execute('s');
    t.slot('i')?.receive({ a: 2 } as never);
    expect(log).toEqual([{ b: 1 }, { a: 2 }]);
  });
});
