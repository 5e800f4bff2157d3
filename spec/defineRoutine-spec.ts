import * as t from 'io-ts';
import { z } from 'zod';
import { type Data, defineRoutine, Flow, Routine } from '../lib/index.js';
import { noting, routine } from './support/flows.js';
import { ours, thrown } from './support/thrown.js';

const N = t.type({ n: t.number });

const doubler = () =>
  defineRoutine({
    type: 'doubler',
    config: { factor: 2 },
    events: { output: N, log: ['line'] },
    slots: {
      trigger: {
        codec: N,
        handler({ n }, ctx) {
          ctx.emit('log', { line: `doubling ${n}` });
          ctx.emit('output', { n: n * this.getConfig<number>('factor') });
        },
      },
      all: { codec: z.object({ n: z.number() }), merge: 'append' },
    },
  });

describe('defineRoutine', () => {
  it('should make a routine with the type, slots, events and config that were given (G01, G02, G04, G12)', () => {
    const made = doubler();
    expect(made).toBeInstanceOf(Routine);
    expect([made.type, made.config]).toEqual(['doubler', { factor: 2 }]);
    expect([...made.slots.keys()]).toEqual(['trigger', 'all']);
    expect([...made.events.values()].map(({ name, paramNames }) => [name, paramNames])).toEqual([
      ['output', []],
      ['log', ['line']],
    ]);
    expect([made.slot('trigger').merge, made.slot('all').merge]).toEqual(['override', 'append']);
    expect([made.slot('trigger').codec, made.event('output').codec]).toEqual([N, N]);
    expect([made.slot('nothing'), made.event('nothing')]).toEqual([undefined, undefined]);
  });

  it('should run like a class, with the routine for this (API)', async () => {
    const seen: Data[] = [];
    const flow = new Flow();
    flow.addRoutine(doubler(), 'double');
    flow.addRoutine(routine({ slots: { i: noting(seen, (data) => data) } }), 'end');
    flow.connect('double', 'log', 'end', 'i');
    flow.connect('double', 'output', 'end', 'i');
    const state = await flow.execute('double', { n: 21 });
    expect(state.status).toBe('completed');
    expect(seen).toEqual([{ line: 'doubling 21' }, { n: 42 }]);
  });

  it('should read its slots with their codecs (D29)', async () => {
    const flow = new Flow();
    flow.addRoutine(doubler(), 'double');
    const { status, error } = await flow.execute('double', { n: 'x' });
    expect([status, error?.cause]).toMatchObject([
      'failed',
      { code: 'PAYLOAD_MISMATCH', details: { routineId: 'double', slot: 'trigger' } },
    ]);
  });

  it('should make a new one each time: two share nothing (G13)', () => {
    const [a, b] = [doubler(), doubler()];
    a.setConfig({ factor: 3 });
    expect(a.id).not.toBe(b.id);
    expect(b.config).toEqual({ factor: 2 });
    expect(a.slot('trigger').routine).toBe(a);
  });

  it('should be legal with nothing but a type (G01)', () => {
    const empty = defineRoutine({ type: 'empty' });
    expect([empty.type, empty.slots.size, empty.events.size, empty.config]).toEqual(['empty', 0, 0, {}]);
  });

  it('should emit the values of a returned stream on the event that a slot names (API)', async () => {
    const seen: Data[] = [];
    const flow = new Flow();
    const counter = defineRoutine({
      type: 'counter',
      events: { output: N },
      slots: {
        trigger: {
          codec: N,
          emits: 'output',
          async *handler({ n }) {
            for (let next = 0; next < n; next++) yield await Promise.resolve({ n: next });
          },
        },
      },
    });
    flow.addRoutine(counter, 's');
    flow.addRoutine(routine({ slots: { i: noting(seen, (data) => data) } }), 'end');
    flow.connect('s', 'output', 'end', 'i');
    await flow.execute('s', { n: 3 });
    expect(seen).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
  });

  it.each(['__proto__', 'constructor', 'then'])('should take the name %s for a name (X)', (name) => {
    const made = defineRoutine({ type: 'odd', slots: JSON.parse(`{"${name}":{}}`) as Record<string, object> });
    expect([...made.slots.keys()]).toEqual([name]);
  });

  it.each<[string, () => unknown, string]>([
    ['a merge that does not exist', () => defineRoutine({ type: 'x', slots: { i: { merge: 'sum' as never } } }), 'BAD_STRATEGY'],
    ['a handler that is none', () => defineRoutine({ type: 'x', slots: { i: { handler: 5 as never } } }), 'BAD_OPTION'],
    ['a codec that is none', () => defineRoutine({ type: 'x', slots: { i: { codec: {} as never } } }), 'BAD_OPTION'],
    ['an event without a name', () => defineRoutine({ type: 'x', events: { '': ['a'] } }), 'BAD_NAME'],
    ['a config that is none', () => defineRoutine({ type: 'x', config: [] as never }), 'BAD_PAYLOAD'],
    ['a type that is no text', () => defineRoutine({ type: 5 as never }), 'BAD_NAME'],
    ['an empty type', () => defineRoutine({ type: '' }), 'BAD_NAME'],
  ])('should refuse %s', (_, call, code) => {
    expect(ours(thrown(call))).toMatchObject({ name: 'FlowError', code });
  });
});
