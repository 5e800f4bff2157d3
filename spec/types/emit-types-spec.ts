import { expectTypeOf } from 'expect-type';
import * as t from 'io-ts';
import { z } from 'zod';
import {
  type Context,
  type Data,
  type Event,
  type ExecuteOptions,
  Flow,
  type FlowOptions,
  type Handler,
  type JobState,
  Routine,
  type Slot,
} from '../../lib/index.js';

interface Line {
  readonly text: string;
}

const line: Line = { text: 'x' };

class Reader extends Routine {
  readonly line = this.defineEvent<Line>('line', ['text']);
  readonly count = this.defineEvent<{ n: number }>('count');
  readonly coded = this.defineEvent('coded', t.type({ n: t.number }));
  readonly zod = this.defineEvent('zod', z.object({ s: z.string() }));
  readonly untyped = this.defineEvent('untyped');

  readonly trigger = this.defineSlot('trigger', (data, ctx) => {
    expectTypeOf(data).toEqualTypeOf<Data>();
    expectTypeOf(ctx).toEqualTypeOf<Context>();
  });
  readonly typed = this.defineSlot('typed', ({ text }: Line) => {
    expectTypeOf(text).toBeString();
  });
  readonly byCodec = this.defineSlot(
    'byCodec',
    (data) => {
      expectTypeOf(data).toEqualTypeOf<{ n: number }>();
    },
    { codec: t.type({ n: t.number }) },
  );
  readonly byZod = this.defineSlot(
    'byZod',
    ({ s }) => {
      expectTypeOf(s).toBeString();
    },
    { codec: z.object({ s: z.string() }), merge: (held, incoming) => ({ s: held.s + incoming.s }) },
  );
  readonly stored = this.defineSlot('stored');
}

describe('the types of a class routine', () => {
  it('should type events by their argument or their codec', () => {
    expectTypeOf<Reader['line']>().toEqualTypeOf<Event<Line>>();
    expectTypeOf<Reader['coded']>().toEqualTypeOf<Event<{ n: number }>>();
    expectTypeOf<Reader['zod']>().toEqualTypeOf<Event<{ s: string }>>();
    expectTypeOf<Reader['untyped']>().toEqualTypeOf<Event<Data>>();
    expect(new Reader().events.size).toBe(5);
  });

  it('should type slots by their handler or their codec', () => {
    expectTypeOf<Reader['trigger']>().toEqualTypeOf<Slot<Data>>();
    expectTypeOf<Reader['typed']>().toEqualTypeOf<Slot<Line>>();
    expectTypeOf<Reader['byCodec']>().toEqualTypeOf<Slot<{ n: number }>>();
    expectTypeOf<Reader['byZod']>().toEqualTypeOf<Slot<{ s: string }>>();
    expectTypeOf<Reader['stored']>().toEqualTypeOf<Slot<Data>>();
    expect(new Reader().slots.size).toBe(5);
  });

  it('should refuse a codec and a handler that do not go together', () => {
    const made = new Routine();
    // @ts-expect-error the codec reads a number
    made.defineSlot('i', ({ n }: { n: string }) => n, { codec: t.type({ n: t.number }) });
    // @ts-expect-error there is no such merge
    expect(() => made.defineSlot('j', undefined, { merge: 'sum' })).toThrow();
  });

  it('should give a handler its routine for this, its data and its context', () => {
    const handler: Handler<Line> = function (data, ctx) {
      expectTypeOf(this).toEqualTypeOf<Routine>();
      expectTypeOf(data).toEqualTypeOf<Line>();
      expectTypeOf(ctx.attempt).toBeNumber();
      expectTypeOf(ctx.job).toEqualTypeOf<JobState>();
      return this.id;
    };
    expectTypeOf<Handler>().parameter(0).toEqualTypeOf<Data>();
    expect(handler).toBeInstanceOf(Function);
  });
});

describe('the types of emit', () => {
  const reader = new Reader();
  const inHandler = (call: (ctx: Context) => void): void => {
    expect(call).toBeInstanceOf(Function);
  };

  it('should accept the payload of an event, and any payload for a name (API)', () => {
    reader.emit(reader.line, { text: 'x' });
    reader.emit(reader.line, line);
    reader.emit(reader.untyped, { whatever: 1 });
    reader.emit(reader.untyped);
    reader.emit('line', line);
    reader.emit('line');
    inHandler((ctx) => {
      ctx.emit(reader.line, { text: 'x' });
      ctx.emit(reader.line, line);
      ctx.emit('line', line);
      ctx.emit('line');
    });
  });

  it('should refuse a payload that is not the one of the event (GOALS)', () => {
    inHandler((ctx) => {
      // @ts-expect-error n is a number
      reader.emit(reader.count, { n: 'x' });
      // @ts-expect-error n is missing
      reader.emit(reader.count, {});
      // @ts-expect-error n is a number
      ctx.emit(reader.count, { n: 'x' });
      // @ts-expect-error n is missing
      ctx.emit(reader.count, {});
      // @ts-expect-error a payload is an object
      ctx.emit('count', 5);
    });
  });

  it('should accept when its tasks are due, and refuse what is no such option', () => {
    inHandler((ctx) => {
      ctx.emit(reader.line, { text: 'x' }, { delayMs: 5 });
      ctx.emit(reader.untyped, {}, { at: new Date() });
      ctx.emit('line', line, { delayMs: 5 });
      reader.emit(reader.line, { text: 'x' }, { delayMs: 5 });
      reader.emit('line', line, { at: new Date(), flow: new Flow() });
      // @ts-expect-error a delay is a number
      ctx.emit(reader.line, { text: 'x' }, { delayMs: '5' });
      // @ts-expect-error an instant is a Date
      ctx.emit('line', line, { at: 5 });
      // @ts-expect-error there is no such option
      reader.emit(reader.line, { text: 'x' }, { delay: 5 });
    });
  });

  it('should accept where an answer goes, and refuse what is no place', () => {
    inHandler((ctx) => {
      const token: string = ctx.waitFor(reader.line, { question: 'Ship it?', timeoutMs: 5, timeoutEvent: reader.count });
      ctx.waitFor('line');
      ctx.waitFor({ slot: 'typed' }, { token });
      // @ts-expect-error a routine is no place
      ctx.waitFor(reader);
      // @ts-expect-error there is no such option
      ctx.waitFor('line', { timeout: 5 });
    });
  });

  it('should refuse a payload that is only sometimes the one of the event', () => {
    const maybe: { n: number | string } = { n: 1 };
    inHandler((ctx) => {
      // @ts-expect-error n may be a text
      reader.emit(reader.count, maybe);
      // @ts-expect-error n may be a text
      ctx.emit(reader.count, maybe);
    });
  });

  it('should refuse to leave out a payload that has to hold something', () => {
    inHandler((ctx) => {
      // @ts-expect-error n is missing
      reader.emit(reader.count);
      // @ts-expect-error n is missing
      ctx.emit(reader.count);
    });
  });

  it('should type what a slot receives', () => {
    expectTypeOf(reader.typed.receive).parameter(0).toEqualTypeOf<Line>();
    inHandler(() => {
      // @ts-expect-error there is no text
      reader.typed.receive({ n: 1 });
    });
  });
});

describe('interfaces as payloads', () => {
  const flow = new Flow();
  flow.addRoutine(new Reader(), 's');

  it('should be entry params (API)', async () => {
    expect((await flow.execute('s', line)).status).toBe('completed');
    expect((await flow.start('s', line).done).status).toBe('completed');
  });

  it('should be state, output and log entries', () => {
    const handler: Handler = (_, ctx) => {
      ctx.setState(line);
      ctx.output('line', line);
      ctx.shared.log(line);
      ctx.emitDeferred('line', line);
    };
    expect(handler).toBeInstanceOf(Function);
  });
});

describe('the types of options', () => {
  it('should allow undefined for what may be left out, and refuse what is no option', () => {
    const options: FlowOptions = {
      flowId: undefined,
      maxWorkers: undefined,
      executionStrategy: 'concurrent',
      isolation: 'freeze',
    };
    const run: ExecuteOptions = { timeoutMs: undefined, signal: new AbortController().signal };
    // @ts-expect-error there is no such strategy
    const strategy: FlowOptions = { executionStrategy: 'parallel' };
    // @ts-expect-error a typo in maxWorkers
    const typo: FlowOptions = { maxWorker: 5 };
    expect([options, run, strategy, typo]).toHaveLength(4);
  });

  it('should give a JobState at the end of execute', () => {
    expectTypeOf<Flow['execute']>().returns.resolves.toEqualTypeOf<JobState>();
    expect(new Flow().jobs).toEqual([]);
  });
});
