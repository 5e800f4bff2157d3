/** D43: with isolation 'clone' a payload arrives as what it was, or is refused with its place and its path. */
import { runInNewContext } from 'node:vm';
import { of } from 'rxjs';
import { type Context, Flow, type FlowOptions, JobState, type ParamMapping, Routine } from '../lib/index.js';
import { feed, fromSource } from '../lib/rx/index.js';
import { deferred } from './support/flows.js';
import { ours, rejection, thrown } from './support/thrown.js';
import { turn } from './support/virtualTime.js';

class Money {
  constructor(readonly n: number) {}
}

const CLONE: FlowOptions = { flowId: 'f', isolation: 'clone' };

interface Sketch {
  readonly handler?: (ctx: Context) => unknown;
  readonly mapping?: ParamMapping;
  readonly got?: (value: unknown) => void;
}

const flowOf = ({ handler = () => undefined, mapping, got }: Sketch): Flow => {
  const flow = new Flow(CLONE);
  const source = new Routine();
  source.defineEvent('o');
  source.defineSlot('trigger', (_, ctx) => handler(ctx));
  const target = new Routine();
  target.defineSlot('i', ({ v }: { v?: unknown }) => got?.(v));
  flow.addRoutine(source, 's');
  flow.addRoutine(target, 't');
  flow.connect('s', 'o', 't', 'i', mapping);
  return flow;
};

const through = async (v: unknown): Promise<unknown> => {
  let arrived: unknown;
  const sketch: Sketch = {
    handler: (ctx) => {
      ctx.emit('o', { v });
    },
    got: (value) => {
      arrived = value;
    },
  };
  const state = await flowOf(sketch).execute('s');
  return state.error?.cause ?? arrived;
};

describe("isolation 'clone' (D43)", () => {
  it('should bring a Buffer, a URL and errors of the platform as what they were', async () => {
    const buffer = Buffer.from('abc');
    const bytes = await through(buffer);
    expect([Buffer.isBuffer(bytes), String(bytes), bytes === buffer]).toEqual([true, 'abc', false]);
    expect(await through(new URL('http://host/path'))).toEqual(new URL('http://host/path'));
    const abort = (await through(AbortSignal.abort().reason)) as DOMException;
    expect([abort instanceof DOMException, abort.name]).toEqual([true, 'AbortError']);
    const many = (await through(new AggregateError([new TypeError('a', { cause: 1 })], 'b'))) as AggregateError;
    expect([many.message, (many.errors as Error[])[0]]).toMatchObject(['b', { name: 'TypeError', message: 'a', cause: 1 }]);
  });

  it('should keep bytes that two views share, and what a circle holds', async () => {
    const { buffer } = new Uint8Array([1, 2, 3, 4]);
    const value = { one: new Uint8Array(buffer, 1, 2), two: new DataView(buffer), self: {} };
    value.self = value;
    const copy = (await through(value)) as typeof value;
    expect([copy.one.buffer === copy.two.buffer, copy.one.buffer === buffer, [...copy.one], copy.self === copy]).toEqual([
      true,
      false,
      [2, 3],
      true,
    ]);
  });

  it('should bring bytes of another realm as bytes of this one', async () => {
    const bytes = await through(runInNewContext('new Uint8Array([1, 2, 3])'));
    expect(bytes).toEqual(new Uint8Array([1, 2, 3]));
    expect(await through(runInNewContext('new DataView(new ArrayBuffer(2))'))).toEqual(new DataView(new ArrayBuffer(2)));
  });

  it.each<[string, unknown, string, string]>([
    ['an instance of a class', new Money(5), 'v', 'an instance of Money'],
    ['a function', { deep: [() => 1] }, 'v.deep.0', 'a function'],
    ['a symbol', new Map([[1, Symbol('s')]]), 'v.0.1', 'Symbol(s)'],
    ['a code of an error', Object.assign(new RangeError('m'), { code: 'E_X' }), 'v.code', "'E_X'"],
    ['a key of bytes', Object.assign(Buffer.from('abc'), { own: 'x' }), 'v.own', "'x'"],
    ['a promise', [Promise.resolve()], 'v.0', 'an instance of Promise'],
    ['a place of a regular expression', Object.assign(/x/g, { lastIndex: 2 }), 'v.lastIndex', '2'],
    ['bytes that may grow', new Uint8Array(Reflect.construct(ArrayBuffer, [4, { maxByteLength: 8 }]) as ArrayBuffer), 'v', 'an instance of Uint8Array'], // prettier-ignore
  ])('should refuse %s, naming the event and the path', async (_, value, path, got) => {
    const error = ours(await through(value));
    expect(error).toMatchObject({ code: 'NOT_CLONABLE', details: { where: "Event 'o' of routine 's'", path, got } });
    expect(error.message).toMatch(`Event 'o' of routine 's' cannot be cloned: ${path} is ${got}, expected `);
  });

  it('should refuse what a getter throws, with its path, and keep what it threw', async () => {
    const reason = new Error('mine');
    const bad = { get deep(): never { throw reason; } }; // prettier-ignore
    expect(await through(bad)).toMatchObject({ code: 'NOT_CLONABLE', details: { path: 'v.deep' }, cause: reason });
  });

  const bad = { v: [new Money(1)] };
  const NO = (where: string): object => ({ code: 'NOT_CLONABLE', details: { where, path: 'v.0' } });

  it('should name the entry whose parameters it refuses', async () => {
    expect(await rejection(flowOf({}).execute('s', bad))).toMatchObject(NO("The entry of routine 's'"));
  });

  it('should name a deferred event, and the slot to which a mapping or a feed brings something', async () => {
    const deferring = (ctx: Context): void => {
      ctx.emitDeferred('o', bad);
    };
    expect((await flowOf({ handler: deferring }).execute('s')).error?.cause).toMatchObject(NO("Event 'o' of routine 's'"));
    const emitting = (ctx: Context): void => {
      ctx.emit('o');
    };
    const mapped = await flowOf({ handler: emitting, mapping: () => bad }).execute('s');
    expect(mapped.error?.cause).toMatchObject(NO("Input of slot 'i' of routine 't'"));
    const hold = deferred();
    const job = flowOf({ handler: () => hold.promise }).start('s');
    await turn();
    feed(job, 't.i', of(bad));
    hold.resolve();
    expect((await job.done).error?.cause).toMatchObject(NO("Input of slot 'i' of routine 't'"));
  });

  it('should name the event of a source, and of an emission outside any job', async () => {
    const flow = new Flow(CLONE);
    flow.addRoutine(
      fromSource('src', () => of(bad)),
      's',
    );
    expect((await flow.execute('s')).error?.cause).toMatchObject(NO("Event 'output' of routine 's'"));
    const direct = flowOf({});
    expect(thrown(() => direct.routines.get('s')?.emit('o', bad))).toMatchObject(NO("Event 'o' of routine 's'"));
  });

  it('should end a job with a state that can be read, whatever was refused', async () => {
    const state = await flowOf({
      handler: (ctx) => {
        ctx.emit('o', bad);
      },
    }).execute('s');
    expect(JobState.fromJSON(JSON.stringify(state)).error?.message).toContain('v.0 is an instance of Money');
  });
});
