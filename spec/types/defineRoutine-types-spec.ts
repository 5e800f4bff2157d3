import { expectTypeOf } from 'expect-type';
import * as t from 'io-ts';
import { z } from 'zod';
import { type Data, defineRoutine, type Event, Flow, type Routine, type Slot } from '../../lib/index.js';

const N = t.type({ n: t.number });
const S = z.object({ s: z.string() });

const typed = defineRoutine({
  type: 'typed',
  events: { out: N, words: S },
  slots: {
    io: {
      codec: N,
      handler({ n }, ctx) {
        expectTypeOf(n).toBeNumber();
        expectTypeOf(this).toEqualTypeOf<Routine>();
        expectTypeOf(ctx.attempt).toBeNumber();
        ctx.emit('out', { n });
        ctx.emit('words', { s: String(n) });
      },
    },
    zod: {
      codec: S,
      emits: 'words',
      handler: ({ s }, ctx) => {
        expectTypeOf(s).toBeString();
        ctx.emit('words', { s });
      },
    },
    // Annotated, and without ctx: TypeScript infers one slot from its annotation only where nothing else is left to infer.
    annotated: { handler: (data: { q: number }) => data.q },
  },
});

describe('the types of defineRoutine', () => {
  it('should type slots and events by their codecs and handlers (API)', () => {
    expectTypeOf(typed.slot('io')).toEqualTypeOf<Slot<{ n: number }>>();
    expectTypeOf(typed.slot('zod')).toEqualTypeOf<Slot<{ s: string }>>();
    expectTypeOf(typed.slot('annotated')).toEqualTypeOf<Slot<{ q: number }>>();
    expectTypeOf(typed.event('out')).toEqualTypeOf<Event<{ n: number }>>();
    expectTypeOf(typed.event('words')).toEqualTypeOf<Event<{ s: string }>>();
    expect(typed.slots.size).toBe(3);
  });

  it('should type a slot by the annotation of a handler that takes a ctx too, where it is the only slot', () => {
    const single = defineRoutine({
      type: 'single',
      events: { out: N },
      slots: {
        i: {
          handler: (data: { q: number }, ctx) => {
            ctx.emit('out', { n: data.q });
          },
        },
      },
    });
    expectTypeOf(single.slot('i')).toEqualTypeOf<Slot<{ q: number }>>();
    expect(single.slots.size).toBe(1);
  });

  it('should say of an unknown name that there may be nothing (G07)', () => {
    expectTypeOf(typed.slot('nothing')).toExtend<Slot<never> | undefined>();
    expectTypeOf<undefined>().toExtend<ReturnType<typeof typed.slot>>();
    expect([typed.slot('nothing'), typed.event('nothing')]).toEqual([undefined, undefined]);
  });

  it('should be a Routine wherever one is asked for', () => {
    const routine: Routine = typed;
    expect(new Flow().addRoutine(routine, 'typed')).toBe('typed');
  });

  it('should have its slots and events connected with types (GOALS)', () => {
    const flow = new Flow();
    flow.addRoutine(typed, 'typed');
    flow.connect(typed.event('out'), typed.slot('io'));
    flow.connect(typed.event('out'), typed.slot('annotated'), { n: 'q' });
    flow.connect(typed.event('words'), typed.slot('io'), ({ s }) => ({ n: s.length }));
    const wrong = (): void => {
      // @ts-expect-error words are no number
      flow.connect(typed.event('words'), typed.slot('io'));
      // @ts-expect-error q is missing
      flow.connect(typed.event('out'), typed.slot('annotated'));
      // @ts-expect-error there may be no such slot
      flow.connect(typed.event('out'), typed.slot('nothing'));
    };
    expect([flow.connections.length, wrong]).toEqual([3, wrong]);
  });

  it('should know its events when it emits later, and when it asks', () => {
    const asks = defineRoutine({
      type: 'asks',
      events: { out: N },
      slots: {
        i: {
          codec: N,
          handler: ({ n }, ctx) => {
            ctx.emit('out', { n }, { delayMs: 5 });
            ctx.waitFor('out', { question: n });
            ctx.waitFor({ slot: 'i' });
            // @ts-expect-error there is no such event
            ctx.waitFor('nothing');
          },
        },
      },
    });
    expect(asks.slot('i').name).toBe('i');
  });

  it('should refuse to emit what the routine does not declare (GOALS)', () => {
    const wrong = (): unknown =>
      defineRoutine({
        type: 'wrong',
        events: { out: N },
        slots: {
          payload: {
            codec: N,
            // @ts-expect-error n is a number
            handler: (_, ctx) => void ctx.emit('out', { n: 'x' }),
          },
          event: {
            codec: N,
            // @ts-expect-error there is no such event
            handler: (_, ctx) => void ctx.emit('nothing', { n: 1 }),
          },
          nothing: {
            codec: N,
            // @ts-expect-error the payload is missing
            handler: (_, ctx) => void ctx.emit('out'),
          },
        },
      });
    expect(wrong).toBeInstanceOf(Function);
  });

  it('should refuse a stream on an event that is not declared, and a routine without a type', () => {
    const wrong = (): unknown => [
      // @ts-expect-error there is no such event
      defineRoutine({ type: 'wrong', events: { out: N }, slots: { i: { codec: N, emits: 'nothing' } } }),
      // @ts-expect-error a routine has a type
      defineRoutine({ slots: {} }),
    ];
    expect(wrong).toBeInstanceOf(Function);
  });

  it('should accept any payload for an event of which only the names of parameters are known', () => {
    const named = defineRoutine({
      type: 'named',
      events: { log: ['line'] },
      slots: { i: { codec: N, handler: (_, ctx) => void ctx.emit('log', { line: 'x' }) } },
    });
    expect(named.event('log').paramNames).toEqual(['line']);
  });

  it('should keep the types of the other slots where one has neither codec nor annotation', () => {
    const mixed = defineRoutine({
      type: 'mixed',
      events: { out: N },
      slots: {
        trigger: {
          handler: (data, ctx) => {
            ctx.emit('out', { n: Object.keys(data).length });
          },
        },
        io: {
          codec: N,
          handler: ({ n }, ctx) => {
            ctx.emit('out', { n });
          },
        },
        stored: {},
      },
    });
    expectTypeOf(mixed.slot('io')).toEqualTypeOf<Slot<{ n: number }>>();
    expectTypeOf(mixed.slot('trigger')).toEqualTypeOf<Slot<Data>>();
    expect(mixed.slots.size).toBe(3);
  });
});
