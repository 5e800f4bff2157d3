import { type Context, type Data, ErrorHandler, Event, Flow, type Handler, Routine, Slot } from '../lib/index.js';
import { deferred, flowOf, noting, routine } from './support/flows.js';
import { ours, thrown } from './support/thrown.js';

const UUID4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

class Doubler extends Routine {
  readonly output = this.defineEvent<{ n: number }>('output', ['n']);
  readonly trigger = this.defineSlot('trigger', ({ n }: { n: number }) => {
    this.emit(this.output, { n: n * 2 });
  });
}

class Minified extends Routine {
  static override readonly type = 'readable';
}

describe('Routine', () => {
  it('should be legal without slots and events (G01)', async () => {
    const empty = new Routine();
    expect([empty.slots.size, empty.events.size]).toEqual([0, 0]);
    const flow = flowOf({ s: { slots: { trigger: () => undefined } } });
    flow.addRoutine(empty, 'empty');
    expect((await flow.execute('s')).status).toBe('completed');
  });

  it('should have an id of its own, a uuid (S22, G73)', () => {
    const ids = [new Routine().id, new Doubler().id, new Doubler().id];
    for (const id of ids) expect(id).toMatch(UUID4);
    expect(new Set(ids).size).toBe(3);
  });

  it('should be known by its static type, or by the name of its class (API)', () => {
    expect([new Routine().type, new Doubler().type, new Minified().type]).toEqual(['Routine', 'Doubler', 'readable']);
  });

  it('should be written as a class, emitting by itself (G01, S54)', async () => {
    const seen: Data[] = [];
    const flow = new Flow();
    flow.addRoutine(new Doubler(), 'double');
    flow.addRoutine(routine({ slots: { i: noting(seen, (data) => data) } }), 'end');
    flow.connect('double', 'output', 'end', 'i');
    await flow.execute('double', { n: 21 });
    expect(seen).toEqual([{ n: 42 }]);
  });

  it('should call a handler with itself for this (API)', async () => {
    const seen: unknown[] = [];
    const made = new Routine();
    made.defineSlot('trigger', function () {
      seen.push(this);
    });
    const flow = new Flow();
    flow.addRoutine(made, 's');
    await flow.execute('s');
    made.slot('trigger')?.receive({} as never);
    expect(seen).toEqual([made, made]);
  });
});

describe('Routine.defineSlot and defineEvent', () => {
  it('should give the slot and the event that are found by their names (G02, G04, G07)', () => {
    const made = new Routine();
    const slot = made.defineSlot('input', () => undefined, { merge: 'append' });
    const event = made.defineEvent('output', ['a', 'b']);
    expect(slot).toBeInstanceOf(Slot);
    expect(event).toBeInstanceOf(Event);
    expect(made.slot('input')).toBe(slot);
    expect(made.event('output')).toBe(event);
    expect(slot).toMatchObject({ name: 'input', merge: 'append', routine: made });
    expect(event).toMatchObject({ name: 'output', paramNames: ['a', 'b'], routine: made });
  });

  it.each(['nothing', 'constructor', '__proto__', 'toString'])('should find undefined under %s (G07, X)', (name) => {
    const made = routine({ slots: { i: undefined } });
    expect([made.slot(name), made.event(name)]).toEqual([undefined, undefined]);
  });

  it('should let a slot and an event go by one name, since only two of a kind may not (G03)', () => {
    const made = new Routine();
    made.defineSlot('x');
    expect(made.defineEvent('x').name).toBe('x');
    expect(() => made.defineSlot('x')).toThrow(expect.objectContaining({ code: 'DUPLICATE_SLOT' }) as Error);
    expect(() => made.defineEvent('x')).toThrow(expect.objectContaining({ code: 'DUPLICATE_EVENT' }) as Error);
  });

  it('should keep what arrives in a slot without a handler, and complete (G02)', async () => {
    const flow = flowOf({ s: { slots: { trigger: (_, ctx) => void ctx.emit('o', { v: 1 }) } }, t: { slots: { i: undefined } } }, [
      's.o -> t.i',
    ]);
    const state = await flow.execute('s');
    expect(state.status).toBe('completed');
    expect(state.metrics.routine('t')).toMatchObject({ completed: 1 });
  });

  it('should deliver keys that the event does not name, and not ask for those it names (G04)', async () => {
    const seen: Data[] = [];
    const source = new Routine();
    source.defineEvent('o', ['named', 'missing']);
    source.defineSlot('trigger', (_: Data, ctx) => {
      ctx.emit('o', { named: 1, extra: 2 });
    });
    const flow = new Flow();
    flow.addRoutine(source, 's');
    flow.addRoutine(routine({ slots: { i: noting(seen, (data) => data) } }), 't');
    flow.connect('s', 'o', 't', 'i');
    await flow.execute('s');
    expect(seen).toEqual([{ named: 1, extra: 2 }]);
  });

  it('should not change with the list of names that an event was made from', () => {
    const names = ['a'];
    const event = new Routine().defineEvent('o', names);
    names.push('b');
    expect(event.paramNames).toEqual(['a']);
  });
});

describe('Routine.config', () => {
  it('should be set key by key and read with a fallback (G12)', () => {
    const made = new Routine();
    expect(made.setConfig({ a: 1, b: 2 })).toBe(made);
    made.setConfig({ b: 3 });
    expect(made.config).toEqual({ a: 1, b: 3 });
    expect([made.getConfig('b'), made.getConfig('c'), made.getConfig('c', 'fallback')]).toEqual([3, undefined, 'fallback']);
  });

  it('should find a key that holds undefined, and none that is only inherited (G12, X)', () => {
    const made = new Routine().setConfig({ none: undefined });
    expect(made.getConfig('none', 'fallback')).toBeUndefined();
    expect(made.getConfig('constructor', 'fallback')).toBe('fallback');
    expect(made.getConfig('__proto__', 'fallback')).toBe('fallback');
  });

  it('should never share an object with whoever set or read it (G12)', () => {
    const given = { inner: { list: [1] } };
    const made = new Routine().setConfig(given);
    given.inner.list.push(2);
    (made.config['inner'] as { list: number[] }).list.push(3);
    made.getConfig<{ list: number[] }>('inner').list.push(4);
    expect(made.config).toEqual({ inner: { list: [1] } });
  });

  it('should take a key __proto__ for a key (X)', () => {
    const made = new Routine().setConfig(JSON.parse('{"__proto__":{"evil":true}}') as Data);
    expect(Object.keys(made.config)).toEqual(['__proto__']);
    expect(made.getConfig('evil')).toBeUndefined();
  });

  it('should be readable during a run (G12)', async () => {
    const seen: unknown[] = [];
    const flow = flowOf({
      s: {
        slots: {
          trigger: function (this: Routine) {
            seen.push(this.getConfig('threshold'), this.config);
          },
        },
      },
    });
    flow.routines.get('s')?.setConfig({ threshold: 10 });
    await flow.execute('s');
    expect(seen).toEqual([10, { threshold: 10 }]);
  });
});

describe("a routine's error handler", () => {
  it('should be none at first, and be the one that is set (G30)', () => {
    const handler = new ErrorHandler({ strategy: 'skip' });
    const made = new Routine();
    expect(made.errorHandler).toBeUndefined();
    expect(made.setErrorHandler(handler)).toBe(made);
    expect(made.errorHandler).toBe(handler);
  });

  it.each<['continue' | 'skip' | undefined, string]>([
    [undefined, 'continue'],
    ['continue', 'continue'],
    ['skip', 'skip'],
  ])('should be %p → %s and not critical for an optional routine (G44)', (strategy, expected) => {
    expect(new Routine().setAsOptional(strategy).errorHandler).toMatchObject({ strategy: expected, critical: false });
  });

  it('should be retry(3, 1 s, ×2) and critical for a critical routine (G45, G46)', () => {
    const critical = { strategy: 'retry', critical: true };
    expect(new Routine().setAsCritical().errorHandler).toMatchObject({ ...critical, maxRetries: 3, delayMs: 1_000, backoff: 2 });
    expect(new Routine().setAsCritical({ maxRetries: 1, delayMs: 5, backoff: 1 }).errorHandler).toMatchObject({
      ...critical,
      maxRetries: 1,
      delayMs: 5,
      backoff: 1,
    });
  });

  it.each([true, false])('should fail the job when its retries are spent: critical %p (G45, G46, D11)', async (critical) => {
    let attempts = 0;
    const flow = flowOf({
      s: {
        slots: {
          trigger: () => {
            throw new Error(`attempt ${String(++attempts)}`);
          },
        },
      },
    });
    flow.routines.get('s')?.setErrorHandler(new ErrorHandler({ strategy: 'retry', maxRetries: 2, delayMs: 0, critical }));
    const state = await flow.execute('s');
    expect([state.status, attempts]).toEqual(['failed', 3]);
    expect(state.routineState('s')).toMatchObject({ status: 'failed', error: 'attempt 3' });
  });
});

/** A flow in which `s.o` goes to the slot `i` of `t`. */
const home = (source: Routine, handler: Handler, mapping?: (data: Data) => Data): Flow => {
  const flow = new Flow();
  flow.addRoutine(source, 's');
  flow.addRoutine(routine({ slots: { i: handler } }), 't');
  flow.connect('s', 'o', 't', 'i', mapping);
  return flow;
};

describe('Routine.emit outside a job', () => {
  it('should deliver before it returns, over each connection with its mapping (S57, D26)', () => {
    const log: unknown[] = [];
    const source = routine({});
    const flow = home(
      source,
      noting(log, (data) => data),
      ({ v }) => ({ mapped: v }),
    );
    flow.connect('s', 'o', 't', 'i', { v: 'renamed' });
    log.push('before');
    source.emit('o', { v: 1 });
    log.push('after');
    expect(log).toEqual(['before', { mapped: 1 }, { renamed: 1 }, 'after']);
  });

  it('should deliver in every flow that the routine is in, or in the one that is named (D26, S56)', () => {
    const log: string[] = [];
    const source = routine({});
    const [a, b] = [home(source, noting(log, 'a')), home(source, noting(log, 'b'))];
    source.emit('o');
    expect(log).toEqual(['a', 'b']);
    source.emit('o', {}, { flow: b });
    source.emit('o', {}, { flow: a });
    expect(log).toEqual(['a', 'b', 'b', 'a']);
  });

  it('should deliver {} where it is given nothing', () => {
    const log: unknown[] = [];
    const source = routine({});
    home(
      source,
      noting(log, (data) => data),
    );
    source.emit('o');
    expect(log).toEqual([{}]);
  });

  it('should find the event by itself as well as by its name', () => {
    const log: unknown[] = [];
    const source = new Routine();
    const event = source.defineEvent<{ v: number }>('o');
    home(
      source,
      noting(log, (data) => data),
    );
    source.emit(event, { v: 1 });
    expect(log).toEqual([{ v: 1 }]);
  });

  it('should be no error where nothing is connected, or the routine is in no flow (G06)', () => {
    const source = routine({});
    expect(() => {
      source.emit('o', { v: 1 });
    }).not.toThrow();
  });

  it('should begin with nothing held, each time (D26)', () => {
    const log: unknown[] = [];
    const source = routine({});
    const flow = new Flow();
    flow.addRoutine(source, 's');
    flow.addRoutine(routine({ slots: { i: [noting(log, (data) => data), { merge: 'append' }] } }), 't');
    flow.connect('s', 'o', 't', 'i');
    source.emit('o', { v: 1 });
    source.emit('o', { v: 2 });
    expect(log).toEqual([{ v: [1] }, { v: [2] }]);
  });

  it('should leave nothing behind for a job, and find nothing of one (D26, S07)', async () => {
    const log: unknown[] = [];
    const source = routine({ slots: { trigger: (_, ctx) => void ctx.emit('o', { v: 'job' }) } });
    const flow = new Flow();
    flow.addRoutine(source, 's');
    flow.addRoutine(routine({ slots: { i: [noting(log, (data) => data), { merge: 'append' }] } }), 't');
    flow.connect('s', 'o', 't', 'i');
    source.emit('o', { v: 'direct' });
    await flow.execute('s');
    source.emit('o', { v: 'direct' });
    expect(log).toEqual([{ v: ['direct'] }, { v: ['job'] }, { v: ['direct'] }]);
    expect(flow.jobs).toEqual([]);
  });

  it('should give each target its own copy (D6)', () => {
    const log: unknown[] = [];
    const source = routine({});
    const payload = { v: 1 };
    const flow = home(source, (data) => Object.assign(data, { v: 'changed' }));
    flow.addRoutine(routine({ slots: { i: noting(log, (data) => data) } }), 'u');
    flow.connect('s', 'o', 'u', 'i');
    source.emit('o', payload);
    expect(log).toEqual([{ v: 1 }]);
    expect(payload).toEqual({ v: 1 });
  });

  it('should throw here what a handler throws', () => {
    const source = routine({});
    home(source, () => {
      throw new Error('from the handler');
    });
    expect(() => {
      source.emit('o');
    }).toThrow('from the handler');
  });

  it('should let a handler emit on, directly again (S57)', () => {
    const log: unknown[] = [];
    const source = routine({});
    const flow = home(source, (data, ctx) => void ctx.emit('o', { ...data, hop: 2 }));
    flow.addRoutine(routine({ slots: { i: noting(log, (data) => data) } }), 'u');
    flow.connect('t', 'o', 'u', 'i');
    source.emit('o', { v: 1 });
    expect(log).toEqual([{ v: 1, hop: 2 }]);
  });

  it('should give the handler a place but no job: whatever needs one says so (G15, G60, G62, SC098)', () => {
    const errors: unknown[] = [];
    const places: unknown[] = [];
    const calls: readonly ((ctx: Context) => unknown)[] = [
      (ctx) => ctx.job,
      (ctx) => ctx.flow,
      (ctx) => ctx.shared,
      (ctx) => ctx.state(),
      (ctx) => {
        ctx.setState({});
      },
      (ctx) => {
        ctx.output('x', {});
      },
      (ctx) => {
        ctx.emitDeferred('o', {});
      },
      (ctx) => ctx.track(Promise.resolve()),
      (ctx) => void ctx.pause(),
      (ctx) => {
        ctx.cancel();
      },
    ];
    const source = routine({});
    home(source, (_, ctx) => {
      places.push([ctx.routineId, ctx.slot, ctx.attempt, ctx.signal.aborted]);
      for (const call of calls) errors.push(thrown(() => call(ctx)));
    });
    source.emit('o');
    expect(places).toEqual([['t', 'i', 1, false]]);
    expect(errors.map((error) => ours(error).code)).toEqual(calls.map(() => 'NO_CONTEXT'));
    expect(ours(errors[5]).message).toMatch(/output.*execute or start/);
  });

  it('should refuse, naming ctx.emit, where a job uses the routine and no context can be found (D26)', async () => {
    const { promise, resolve } = deferred();
    const source = routine({ slots: { trigger: () => promise } });
    const flow = new Flow({ asyncContext: 'off' });
    flow.addRoutine(source, 's');
    const job = flow.start('s');
    const error = ours(
      thrown(() => {
        source.emit('o');
      }),
    );
    expect(error).toMatchObject({ code: 'NO_CONTEXT' });
    expect(error.message).toMatch(/ctx\.emit/);
    resolve();
    await job.done;
    expect(() => {
      source.emit('o');
    }).not.toThrow();
  });

  it('should refuse the event of another routine, also where it has one of that name (X)', () => {
    const log: unknown[] = [];
    const source = routine({});
    const other = routine({});
    home(source, noting(log, 'delivered'));
    const error = ours(
      thrown(() => {
        source.emit(other.event('o') as Event);
      }),
    );
    expect(error).toMatchObject({ code: 'UNKNOWN_EVENT', details: { routineId: source.id, event: 'o' } });
    expect(log).toEqual([]);
  });

  it('should refuse a flow that the routine is not in, rather than deliver nothing in silence (X)', () => {
    const source = routine({});
    home(source, () => undefined);
    const error = ours(
      thrown(() => {
        source.emit('o', {}, { flow: new Flow({ flowId: 'elsewhere' }) });
      }),
    );
    expect(error).toMatchObject({ code: 'UNKNOWN_ROUTINE', details: { flowId: 'elsewhere', routineId: source.id } });
  });

  it('should reach another flow from within a handler where that is named (S56, D26)', async () => {
    const log: unknown[] = [];
    const source = routine({});
    const other = home(source, noting(log, 'other'));
    const flow = flowOf({
      s: {
        slots: {
          trigger: () => {
            source.emit('o', {}, { flow: other });
            log.push('after');
          },
        },
      },
    });
    await flow.execute('s');
    expect(log).toEqual(['other', 'after']);
  });
});

describe('Slot.receive', () => {
  it('should call the handler at once, without a mapping, and give what it returns (S70, S71, D26)', () => {
    const target = routine({ slots: { i: (data) => ['handled', data] } });
    const source = routine({});
    const flow = new Flow();
    flow.addRoutine(source, 's');
    flow.addRoutine(target, 't');
    flow.connect('s', 'o', 't', 'i', { v: 'renamed' });
    expect(target.slot('i')?.receive({ v: 1 } as never)).toEqual(['handled', { v: 1 }]);
  });

  it('should begin with nothing held, each time (D26)', () => {
    const target = routine({ slots: { i: [(data) => data, { merge: 'append' }] } });
    expect(target.slot('i')?.receive({ v: 1 } as never)).toEqual({ v: [1] });
    expect(target.slot('i')?.receive({ v: 2 } as never)).toEqual({ v: [2] });
  });

  it('should hand out a copy (D6)', () => {
    const payload = { v: 1 };
    const target = routine({ slots: { i: (data) => Object.assign(data, { v: 2 }) } });
    expect(target.slot('i')?.receive(payload as never)).toEqual({ v: 2 });
    expect(payload).toEqual({ v: 1 });
  });

  it('should do nothing in a slot without a handler (G02)', () => {
    expect(
      routine({ slots: { i: undefined } })
        .slot('i')
        ?.receive({ v: 1 } as never),
    ).toBeUndefined();
  });

  it.each(['_type', '__proto__', 'constructor', 'then', 'flow', 'event_name'])(
    'should hand on a payload with a key %s as it is (X)',
    (key) => {
      const target = routine({ slots: { i: (data) => data } });
      const received = target.slot('i')?.receive(JSON.parse(`{"${key}":{"evil":true}}`) as never);
      expect(Object.entries(received as Data)).toEqual([[key, { evil: true }]]);
    },
  );
});
