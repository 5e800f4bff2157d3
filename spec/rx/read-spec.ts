import { EventEmitter } from 'node:events';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import {
  BehaviorSubject,
  concat,
  EMPTY,
  finalize,
  fromEvent,
  NEVER,
  Observable,
  of,
  range,
  Subject,
  type Subscription,
  take,
  throwError,
} from 'rxjs';
import { type Data, FlowError, type Handler, type Job } from '../../lib/index.js';
import type * as Rx from '../../lib/rx/index.js';
import { feed, fromSource, type Source } from '../../lib/rx/index.js';
import { deferred } from '../support/flows.js';
import { ours, thrown } from '../support/thrown.js';
import { rest, until } from '../support/turns.js';
import { turn } from '../support/virtualTime.js';
import { bare, HELD } from './held.js';
import {
  asyncCounter,
  counter,
  endOf,
  type Fate,
  newFate,
  PlatformObservable,
  reading,
  type ReadingOptions,
  turnCounter,
  watched$,
} from './sources.js';

/** Values of a foreign library: an object that only gives its observable under this key. */
const foreign = (key: PropertyKey, values: readonly unknown[]): Source<unknown> =>
  ({
    [key]: () => ({
      subscribe: (observer: { next(value: unknown): void; complete(): void }) => {
        for (const value of values) observer.next(value);
        observer.complete();
        return { unsubscribe: () => undefined };
      },
    }),
  }) as never;

const web = (values: readonly unknown[]): ReadableStream =>
  new ReadableStream({
    start: (controller) => {
      for (const value of values) controller.enqueue(value);
      controller.close();
    },
  });

/** A web stream of a platform whose streams are no async iterables. */

function* generated(values: readonly unknown[]): Generator {
  yield* values;
}

async function* asyncGenerated(values: readonly unknown[]): AsyncGenerator {
  yield* values;
}

const thenable = (value: unknown): Source<unknown> =>
  ({ then: (resolve: (value: unknown) => void) => void resolve(value) }) as never;

const lines = (text: string): Source<unknown> => createInterface({ input: Readable.from([text]) });

const platform = (values: readonly unknown[]): Source<unknown> =>
  new PlatformObservable((subscriber) => {
    for (const value of values) subscriber.next(value);
    subscriber.complete();
  }) as never;

const emitted = (): Source<unknown> => {
  const emitter = new EventEmitter();
  setImmediate(() => {
    for (const value of [1, 2, 3, 4]) emitter.emit('value', value);
  });
  return fromEvent(emitter, 'value').pipe(take(3));
};

const ONE_TO_THREE = [1, 2, 3];

/** Each kind of input, with 1, 2, 3 in it. */
const KINDS: readonly (readonly [string, () => unknown])[] = [
  ['an observable of RxJS', () => of(1, 2, 3)],
  ['a BehaviorSubject', () => new BehaviorSubject(1).pipe(take(1), (first$) => concat(first$, of(2, 3)))],
  ['an observable of another library', () => foreign('@@observable', ONE_TO_THREE)],
  ['an observable of the platform', () => platform(ONE_TO_THREE)],
  ['an event emitter through fromEvent', emitted],
  ['an array', () => ONE_TO_THREE],
  ['a Set', () => new Set(ONE_TO_THREE)],
  ['the values of a Map', () => new Map(ONE_TO_THREE.map((n) => [`${n}`, n])).values()],
  ['a generator', () => generated(ONE_TO_THREE)],
  ['an async generator', () => asyncGenerated(ONE_TO_THREE)],
  ['an iterable', () => counter(newFate(), 4, 1)],
  ['an async iterable', () => asyncCounter(newFate(), 4, 1)],
  ['a Node stream of objects', () => Readable.from(ONE_TO_THREE)],
  ['a web stream', () => web(ONE_TO_THREE)],
  ['a web stream that is no async iterable', () => bare(web(ONE_TO_THREE))],
];

const valuesOf = (log: readonly Data[]): unknown[] => log.map(({ value }) => value);

describe('what can be read', () => {
  describe.each(KINDS)('%s', (_, make) => {
    it('should come value by value, in order, and its end is the end of the job', async () => {
      const { flow, log } = reading(() => make() as Source<unknown>);
      expect(await endOf(flow.start('s'))).toBe('completed');
      expect(log).toEqual([{ value: 1 }, { value: 2 }, { value: 3 }]);
    });

    it('should come into a slot with feed', async () => {
      const { flow, log } = reading(NEVER);
      const job = flow.start('t');
      feed(job, 't.i', make() as Source<unknown>);
      expect(await endOf(job)).toBe('completed');
      expect(log).toEqual([{ value: 1 }, { value: 2 }, { value: 3 }]);
    });
  });

  it.each<[string, () => unknown, readonly unknown[]]>([
    ['a promise', () => Promise.resolve(1), [1]],
    ['a promise of an object', () => Promise.resolve({ a: 1 }), [{ a: 1 }]],
    ['a thenable', () => thenable(1), [1]],
    ['a promise that answers late', () => turn().then(() => 'late'), ['late']],
    ['the text of a Node stream', () => Readable.from(['ab', 'cd'], { objectMode: false, encoding: 'utf8' }), ['ab', 'cd']],
    ['the lines of a readline', () => lines('a\nb\n\nc'), ['a', 'b', '', 'c']],
    ['a Map: its entries', () => new Map([['a', 1]]), [['a', 1]]],
    ['a typed array: its numbers', () => new Uint8Array([7, 8]), [7, 8]],
    ['an empty observable', () => EMPTY, []],
    ['an empty array', () => [], []],
    ['an empty generator', () => generated([]), []],
    ['an empty async generator', () => asyncGenerated([]), []],
    ['an empty Node stream', () => Readable.from([]), []],
    ['an empty web stream', () => web([]), []],
    ['an empty web stream that is no async iterable', () => bare(web([])), []],
  ])('should take %s', async (_, make, values) => {
    const { flow, log } = reading(() => make() as Source<unknown>);
    expect(await endOf(flow.start('s'))).toBe('completed');
    expect(log).toEqual(values.map((value) => (typeof value === 'object' && !Array.isArray(value) ? value : { value })));
  });

  it('should take an observable by Symbol.observable, where a library has brought that', () => {
    const hadIt = 'observable' in Symbol;
    expect(hadIt).toBe(false);
    const key = Symbol('observable');
    Object.defineProperty(Symbol, 'observable', { value: key, configurable: true });
    try {
      jest.isolateModules(() => {
        const rx = jest.requireActual<typeof Rx>('../../lib/rx/index.js');
        expect(() => rx.fromSource('x', foreign(key, []))).not.toThrow();
      });
    } finally {
      delete (Symbol as { observable?: symbol }).observable;
    }
  });

  it("should take one by '@@observable' as well, where a library has brought the symbol", () => {
    const key = Symbol('observable');
    Object.defineProperty(Symbol, 'observable', { value: key, configurable: true });
    try {
      jest.isolateModules(() => {
        const rx = jest.requireActual<typeof Rx>('../../lib/rx/index.js');
        expect(() => rx.fromSource('x', foreign('@@observable', []))).not.toThrow();
      });
    } finally {
      delete (Symbol as { observable?: symbol }).observable;
    }
  });

  it('should prefer the observable of what is both: it is not asked, it tells', async () => {
    const fate = newFate();
    const both = Object.assign(of('told'), { [Symbol.asyncIterator]: () => asyncCounter(fate)[Symbol.asyncIterator]() });
    const { flow, log } = reading(both as never);
    await flow.execute('s');
    expect({ values: valuesOf(log), asked: fate.asked }).toEqual({ values: ['told'], asked: 0 });
  });
});

describe('what cannot be read', () => {
  const REFUSED: readonly (readonly [string, unknown])[] = [
    ['a string', 'abc'],
    ['a number', 5],
    ['null', null],
    ['undefined', undefined],
    ['a boolean', true],
    ['a symbol', Symbol('x')],
    ['a plain object', { a: 1 }],
    ['an event emitter', new EventEmitter()],
    ['an event target', new EventTarget()],
    ['an iterator that is no iterable', { next: () => ({ done: true, value: undefined }) }],
  ];

  const checkRefused = (error: unknown): void => {
    expect(error).toBeInstanceOf(FlowError);
    expect(error).toMatchObject({ code: 'BAD_OPTION', details: { option: 'source' } });
    for (const word of ['observable', 'iterable', 'stream', 'promise', 'fromEvent(emitter, name)'])
      expect(ours(error).message).toContain(word);
  };

  it.each(REFUSED)('should be refused by fromSource at once: %s', (_, source) => {
    checkRefused(thrown(() => fromSource('x', source as never)));
  });

  it.each(REFUSED)('should be refused by feed at once, and the job goes on: %s', async (_, source) => {
    const { flow } = reading(NEVER);
    const job = flow.start('t');
    checkRefused(thrown(() => feed(job, 't.i', source as never)));
    expect(await endOf(job)).toBe('completed');
  });

  it.each(REFUSED)('should be a failure of trigger where a function gives it: %s', async (_, source) => {
    const { flow } = reading(() => source as never);
    const { status, error } = await flow.execute('s');
    expect(status).toBe('failed');
    expect(error).toMatchObject({ code: 'TASK_FAILED', details: { routineId: 's', slot: 'trigger' } });
    checkRefused(error?.cause);
  });

  it('should be refused by feed where it is a function: it reads what it is given', () => {
    const { flow } = reading(NEVER);
    checkRefused(thrown(() => feed(flow.start('t'), 't.i', (() => of(1)) as never)));
  });
});

describe('a value as a payload', () => {
  class Point {
    readonly x = 1;
  }

  const date = new Date(0);
  const point = new Point();
  const promise = Promise.resolve(1);

  it.each<[string, unknown, Data]>([
    ['a plain object as it is', { a: 1 }, { a: 1 }],
    ['an object without a prototype as it is', Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }],
    ['one that has a value already', { value: 1 }, { value: 1 }],
    ['an empty object', {}, {}],
    ['one whose keys mean something elsewhere', { then: 1, _type: 'x', constructor: 2 }, { then: 1, _type: 'x', constructor: 2 }],
    ['a number under value', 5, { value: 5 }],
    ['a text under value', 'x', { value: 'x' }],
    ['null under value', null, { value: null }],
    ['undefined under value', undefined, { value: undefined }],
    ['an array under value', [1, 2], { value: [1, 2] }],
    ['a Date under value', date, { value: date }],
    ['an instance of a class under value', point, { value: point }],
    ['a promise under value, and it is not awaited', promise, { value: promise }],
  ])('should be %s', async (_, value, payload) => {
    for (const source of [[value], of(value)]) {
      const { flow, log } = reading(source as Source<unknown>);
      await flow.execute('s');
      expect(log).toEqual([payload]);
    }
  });

  it('should be a copy: the source may change its object afterwards', async () => {
    const line = { n: 0 };
    const same = function* (): Generator<{ n: number }> {
      for (line.n = 1; line.n <= 3; line.n++) yield line;
    };
    const { flow, log } = reading(() => same());
    await flow.execute('s');
    expect(log).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });
});

describe('a source that fails', () => {
  const boom = new Error('boom');

  const throwing = (values: readonly unknown[]): Iterable<unknown> => ({
    *[Symbol.iterator]() {
      yield* values;
      throw boom;
    },
  });

  const failingStream = (values: readonly unknown[]): ReadableStream => {
    const left = [...values];
    return new ReadableStream({
      pull: (controller) => {
        if (left.length > 0) controller.enqueue(left.shift());
        else controller.error(boom);
      },
    });
  };

  const FAILING: readonly (readonly [string, (values: readonly unknown[]) => unknown])[] = [
    [
      'an observable',
      (values) =>
        concat(
          of(...values),
          throwError(() => boom),
        ),
    ],
    ['an iterable', throwing],
    [
      'an async generator',
      async function* (values) {
        for (const value of values) yield await Promise.resolve(value);
        throw boom;
      },
    ],
    ['a Node stream', (values) => Readable.from(throwing(values))],
    ['a web stream', failingStream],
    ['a web stream that is no async iterable', (values) => bare(failingStream(values))],
    [
      'an observable of the platform',
      (values) =>
        new PlatformObservable((subscriber) => {
          for (const value of values) subscriber.next(value);
          subscriber.error(boom);
        }),
    ],
  ];

  describe.each(FAILING)('%s', (_, make) => {
    it.each([[[]], [[1, 2]]])('should be a failure of trigger, with its error as the cause, after %j', async (values) => {
      const { flow, source, log } = reading(() => make(values) as Source<unknown>);
      source.setAsOptional();
      const job = flow.start('s');
      expect(await endOf(job)).toBe('completed');
      expect(valuesOf(log)).toEqual(values);
      expect(job.state.history('s').filter(({ eventName }) => eventName === 'error_continued')).toMatchObject([
        { data: { error: 'boom' } },
      ]);
      expect(job.state.metrics.routine('s')).toMatchObject({ completed: 1, failed: 1 });
    });

    it('should fail the job where nothing else is said', async () => {
      const { flow } = reading(() => make([1]) as Source<unknown>);
      const job = flow.start('s');
      expect(await endOf(job)).toBe('failed');
      expect(job.state.error).toMatchObject({ code: 'TASK_FAILED', cause: boom, details: { routineId: 's', slot: 'trigger' } });
    });

    it('should fail the slot that it is fed to', async () => {
      const { flow } = reading(NEVER);
      const job = flow.start('t');
      feed(job, 't.i', make([1]) as Source<unknown>);
      expect(await endOf(job)).toBe('failed');
      expect(job.state.error).toMatchObject({ code: 'TASK_FAILED', cause: boom, details: { routineId: 't', slot: 'i' } });
    });
  });

  it('should be one by a promise that is rejected, also with undefined', async () => {
    for (const reason of [boom, undefined]) {
      const { flow } = reading(() => Promise.reject(reason as Error));
      const job = flow.start('s');
      expect(await endOf(job)).toBe('failed');
      expect(job.state.error).toMatchObject({ code: 'TASK_FAILED', cause: reason });
    }
  });

  it('should be one by a function that throws', async () => {
    const { flow } = reading(() => {
      throw boom;
    });
    expect((await flow.execute('s')).error).toMatchObject({ code: 'TASK_FAILED', cause: boom });
  });

  it('should be one by an iterator that answers with no object', async () => {
    const { flow } = reading(() => ({ [Symbol.iterator]: () => ({ next: () => 5 }) }) as never);
    expect((await flow.execute('s')).error).toMatchObject({ code: 'TASK_FAILED', cause: expect.any(TypeError) as unknown });
  });

  it('should be one by an iterable that cannot begin', async () => {
    const { flow } = reading(() => ({ [Symbol.iterator]: () => thrower() }) as never);
    expect((await flow.execute('s')).error).toMatchObject({ code: 'TASK_FAILED', cause: boom });
  });

  const thrower = (): never => {
    throw boom;
  };

  it('should leave nothing open where an iterable cannot begin, and the job goes on', async () => {
    const { flow, source } = reading(() => ({ [Symbol.iterator]: thrower }) as never);
    source.setAsOptional();
    const job = flow.start('s');
    const end = await endOf(job);
    await job.cancel().catch(() => undefined);
    expect(end).toBe('completed');
  });

  it('should leave nothing open where feed throws, since the iterable cannot begin', async () => {
    const { flow } = reading(NEVER);
    const job = flow.start('t');
    expect(thrown(() => feed(job, 't.i', { [Symbol.iterator]: thrower } as never))).toBe(boom);
    const end = await endOf(job);
    await job.cancel().catch(() => undefined);
    expect(end).toBe('completed');
  });

  it('should not be told to return where its own next has thrown', async () => {
    const fate = newFate();
    const iterator = { next: thrower, return: () => (fate.left++, { done: true, value: undefined }) };
    const { flow } = reading(() => ({ [Symbol.iterator]: () => iterator }) as never);
    await flow.execute('s');
    await rest();
    expect(fate.left).toBe(0);
  });

  it('should be told to return where its value cannot be taken', async () => {
    const fate = newFate();
    const { flow } = reading(() => counter(fate), { slot: { maxQueued: 3, overflow: 'error' } });
    const { status, error } = await flow.execute('s');
    expect({ status, cause: ours(error?.cause).code }).toEqual({ status: 'failed', cause: 'QUEUE_FULL' });
    await rest();
    expect(fate.left).toBe(1);
  });
});

describe('how far it is read ahead', () => {
  const WAITING: readonly (readonly [string, (fate: Fate) => Source<number>])[] = [
    ['an iterable', (fate) => counter(fate)],
    ['an async iterable', (fate) => asyncCounter(fate)],
    ['a generator', (fate) => generatorOf(fate)],
    ['a Node stream', (fate) => Readable.from(counter(fate), { highWaterMark: 1 }) as never],
    [
      'a web stream',
      (fate) =>
        new ReadableStream({ pull: (controller) => void controller.enqueue(fate.asked++) }, { highWaterMark: 0 }) as never,
    ],
  ];

  function* generatorOf(fate: Fate): Generator<number> {
    try {
      for (;;) yield fate.asked++;
    } finally {
      fate.left++;
    }
  }

  /** A flow whose target waits at the first task until it is opened. */
  const blocked = (
    source: Source<number>,
    options: ReadingOptions = {},
  ): ReturnType<typeof reading> & { readonly open: () => void } => {
    const gate = deferred();
    return { ...reading(source, { work: () => gate.promise, ...options }), open: gate.resolve };
  };

  /** It has come to a standstill: nothing more is asked for. */
  const standstill = async (fate: Fate): Promise<number> => {
    for (let before = -1; before !== fate.asked;) {
      before = fate.asked;
      for (let turns = 0; turns < 20; turns++) await turn();
    }
    return fate.asked;
  };

  it.each(WAITING)('should be as many as may wait in the job, and the one or two beside: %s', async (_, make) => {
    const fate = newFate();
    const { flow } = blocked(make(fate), { maxQueued: 10 });
    const job = flow.start('s');
    const asked = await standstill(fate);
    expect(asked).toBeGreaterThanOrEqual(10);
    // One at work; a Node stream holds another by itself.
    expect(asked).toBeLessThanOrEqual(12);
    expect(job.state.metrics.flow().highWater).toBe(10);
    await job.cancel();
  });

  it.each(WAITING)('should be as many as may wait in the slot: %s', async (_, make) => {
    const fate = newFate();
    const { flow } = blocked(make(fate), { slot: { maxQueued: 3 } });
    const job = flow.start('s');
    const asked = await standstill(fate);
    expect(asked).toBeGreaterThanOrEqual(3);
    expect(asked).toBeLessThanOrEqual(5);
    expect(job.state.metrics.routine('t')?.highWater).toEqual({ i: 3 });
    await job.cancel();
  });

  it.each(WAITING)('should be 256 where nothing is said: %s', async (_, make) => {
    const fate = newFate();
    const { flow } = blocked(make(fate));
    const job = flow.start('s');
    const asked = await standstill(fate);
    expect(asked).toBeGreaterThanOrEqual(256);
    expect(asked).toBeLessThanOrEqual(258);
    expect(job.state.metrics.flow().highWater).toBe(256);
    await job.cancel();
  });

  it.each(WAITING)('should be nothing while the job is paused, and it goes on at the resume: %s', async (_, make) => {
    const fate = newFate();
    const { flow } = reading(NEVER);
    const job = flow.start('s');
    await rest();
    await job.pause();
    feed(job, 't.i', make(fate));
    expect(await standstill(fate)).toBe(0);
    job.resume();
    expect(await until(() => fate.asked > 1_000)).toBe(true);
    await job.cancel();
  });

  it.each<[string, (fate: Fate) => AsyncIterable<number>]>([
    ['a microtask', (fate) => asyncCounter(fate)],
    // Its slot keeps up with it, on a busy machine too, so that there is room for more at the pause.
    ['a turn', (fate) => turnCounter(fate)],
  ])(
    'should be no more than the value that was asked for, where the job is paused meanwhile, and each comes %s later',
    async (_, make) => {
      const fate = newFate();
      let askedAtPause = NaN;
      const pausing: Handler = ({ value }, ctx) => {
        if (value !== 10) return;
        askedAtPause = fate.asked;
        void ctx.pause();
      };
      const { flow, log } = reading(make(fate), { work: pausing });
      const job = flow.start('s');
      await until(() => job.status === 'paused');
      const asked = await standstill(fate);
      expect(asked).toBe(askedAtPause);
      expect(asked - log.length - job.state.pendingTasks.length).toBeLessThanOrEqual(1);
      job.resume();
      expect(await until(() => fate.asked > asked + 1_000, 2_000)).toBe(true);
      expect(valuesOf(log).slice(0, 100)).toEqual(Array.from({ length: 100 }, (_, n) => n));
      await job.cancel();
    },
  );

  it('should bring the value that was asked for before the pause, also where a paused job keeps none', async () => {
    const asked = deferred<IteratorResult<number>>();
    const answers = [asked.promise, Promise.resolve({ done: true as const, value: undefined })];
    const source = { [Symbol.asyncIterator]: () => ({ next: () => answers.shift() }) };
    const { flow, log } = reading(source as never, { pausedLimit: 0 });
    const job = flow.start('s');
    await rest();
    await job.pause();
    asked.resolve({ done: false, value: 1 });
    await rest();
    job.resume();
    expect(await endOf(job)).toBe('completed');
    expect(valuesOf(log)).toEqual([1]);
  });

  it('should be nothing before the job has begun, where it is fed', async () => {
    const fate = newFate();
    const { flow } = reading(NEVER);
    const job = flow.start('t');
    feed(job, 't.i', counter(fate));
    expect(fate.asked).toBe(0);
    expect(await until(() => fate.asked > 0)).toBe(true);
    await job.cancel();
  });

  it('should go on once half of it is free, and bring all, each once and in order', async () => {
    const fate = newFate();
    const { flow, log, open } = blocked(counter(fate, 1_000), { maxQueued: 8 });
    const job = flow.start('s');
    await standstill(fate);
    open();
    expect(await endOf(job)).toBe('completed');
    expect(valuesOf(log)).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
    expect(job.state.metrics.flow().highWater).toBe(8);
  });

  it.each([1, 2, 3, 5])('should come to its end where %i may wait in the slot and in the job', async (maxQueued) => {
    for (const maxWorkers of [1, 3]) {
      const { flow, log } = reading(asyncCounter(newFate(), 100), {
        maxQueued,
        maxWorkers,
        slot: { maxQueued },
        work: () => turn(),
      });
      const job = flow.start('s');
      expect(await endOf(job)).toBe('completed');
      expect(log).toHaveLength(100);
      expect(job.state.metrics.flow().highWater).toBeLessThanOrEqual(maxQueued);
    }
  });

  it('should count the targets of a fan-out: at most one value beyond what may wait', async () => {
    const fate = newFate();
    const { flow } = blocked(counter(fate), { maxQueued: 10 });
    for (const at of [1, 2]) flow.connect('s', 'output', 't', 'i', { value: `v${at}` });
    const job = flow.start('s');
    await standstill(fate);
    expect(job.state.metrics.flow().highWater).toBe(12);
    await job.cancel();
  });

  it('should be shared by two sources of one job', async () => {
    const fates = [newFate(), newFate()];
    const { flow } = blocked(counter(fates[0] as Fate), { maxQueued: 10 });
    const job = flow.start('s');
    feed(job, 't.i', counter(fates[1] as Fate));
    await standstill(fates[0] as Fate);
    await standstill(fates[1] as Fate);
    expect((fates[0]?.asked ?? 0) + (fates[1]?.asked ?? 0)).toBeLessThanOrEqual(12);
    expect(job.state.metrics.flow().highWater).toBeLessThanOrEqual(10);
    await job.cancel();
  });

  it('should be as far as an observable wants: it cannot wait', async () => {
    const { flow } = blocked(range(0, 1_000), { maxQueued: 10 });
    const job = flow.start('s');
    expect(await until(() => job.state.metrics.flow().highWater === 1_000)).toBe(true);
    await job.cancel();
  });

  it.each(WAITING.slice(0, 3))(
    'should leave the event loop its turns where nothing is connected, and there is no end: %s',
    async (_, make) => {
      const fate = newFate();
      const { flow } = reading(make(fate));
      for (const connection of flow.connections) flow.disconnect(connection);
      const job = flow.start('s');
      expect(await until(() => fate.asked > 10_000)).toBe(true);
      await job.cancel();
      const { asked } = fate;
      await rest();
      await rest();
      expect(fate.asked).toBe(asked);
    },
  );
});

describe('how it is unsubscribed from', () => {
  const WAYS: readonly (readonly [string, (begun: ReturnType<typeof begin>) => unknown])[] = [
    ['a cancel', ({ job }) => job.cancel()],
    [
      'a failure elsewhere',
      ({ job }) =>
        feed(
          job,
          't.i',
          throwError(() => new Error('elsewhere')),
        ),
    ],
    ['a shutdown', ({ flow }) => flow.shutdown({ wait: false })],
    ['an abort', ({ abort }) => void abort.abort()],
    ['a cancel while paused', ({ job }) => job.pause().then(() => job.cancel())],
  ];

  const begin = (make: (fate: Fate) => unknown, fate: Fate) => {
    const abort = new AbortController();
    const { flow } = reading(() => make(fate) as Source<unknown>);
    return { flow, abort, job: flow.start('s', {}, { signal: abort.signal }) };
  };

  describe.each(HELD)('%s', (_, make) => {
    it.each(WAYS)('should be unsubscribed from once, by %s', async (_, way) => {
      const fate = newFate();
      const begun = begin(make, fate);
      expect(await until(() => fate.asked > 0)).toBe(true);
      await way(begun);
      expect(['failed', 'cancelled']).toContain(await endOf(begun.job));
      expect(await until(() => fate.left > 0, 60)).toBe(true);
      await rest();
      expect(fate.left).toBe(1);
    });

    it('should be unsubscribed from once, by a timeout', async () => {
      const fate = newFate();
      const { flow } = reading(() => make(fate) as Source<unknown>);
      const job = flow.start('s', {}, { timeoutMs: 5 });
      expect(await endOf(job)).toBe('failed');
      expect(await until(() => fate.left > 0, 60)).toBe(true);
      expect(fate.left).toBe(1);
    });

    it('should be unsubscribed from once, where a feed is unsubscribed, and again', async () => {
      const fate = newFate();
      const { flow } = reading(NEVER);
      const job = flow.start('t');
      const feeding = feed(job, 't.i', make(fate) as Source<unknown>);
      expect(await until(() => fate.asked > 0)).toBe(true);
      feeding.unsubscribe();
      feeding.unsubscribe();
      expect(await endOf(job)).toBe('completed');
      expect(await until(() => fate.left > 0, 60)).toBe(true);
      expect(fate.left).toBe(1);
    });
  });

  it.each<[string, (fate: Fate) => Source<number>]>([
    ['an iterable', (fate) => counter(fate)],
    ['an async iterable', (fate) => asyncCounter(fate)],
  ])('should be told to return once, in the middle of it: %s', async (_, make) => {
    const fate = newFate();
    const { flow } = reading(make(fate), { maxQueued: 3, work: () => new Promise(() => undefined) });
    const job = flow.start('s');
    await until(() => fate.asked > 2);
    await job.cancel();
    await rest();
    expect(fate.left).toBe(1);
  });

  it.each<[string, (fate: Fate) => Source<number>]>([
    ['an iterable', (fate) => counter(fate, 3)],
    ['an async iterable', (fate) => asyncCounter(fate, 3)],
  ])('should not be told to return where it has ended by itself: %s', async (_, make) => {
    const fate = newFate();
    const { flow } = reading(make(fate));
    await flow.execute('s');
    await rest();
    expect(fate).toEqual({ asked: 4, left: 0 });
  });

  it.each([
    ['unsubscribed', (_: Job, feeding: Subscription) => void feeding.unsubscribe()],
    ['ended with the job', (job: Job) => void job.cancel()],
  ])('should not bring the value that it had been asked for, where the feed is %s meanwhile', async (_, end) => {
    const asked = deferred<IteratorResult<number>>();
    const { flow, log } = reading(NEVER);
    const job = flow.start('t');
    const open = feed(job, 't.i', NEVER);
    const feeding = feed(job, 't.i', { [Symbol.asyncIterator]: () => ({ next: () => asked.promise }) } as never);
    await rest();
    end(job, feeding);
    asked.resolve({ done: false, value: 1 });
    await rest();
    open.unsubscribe();
    await endOf(job);
    expect(log).toEqual([]);
    expect(job.state.metrics.flow()).toMatchObject({ droppedTasks: 0, highWater: 1 });
  });

  it('should be unsubscribed from once, where an observable ends the job as it is subscribed to', async () => {
    const fate = newFate();
    const { flow } = reading(NEVER);
    const job = flow.start('t');
    await rest();
    const other = flow.start('t');
    const feeding = feed(
      other,
      't.i',
      new Observable(() => {
        void other.cancel();
        return () => void fate.left++;
      }),
    );
    expect({ left: fate.left, closed: feeding.closed, status: other.status }).toEqual({
      left: 1,
      closed: true,
      status: 'cancelled',
    });
    expect(await endOf(job)).toBe('completed');
  });

  it('should be left at the next value, where an observable that gives all at once can give no more', async () => {
    let made = 0;
    const many$ = new Observable<number>((observer) => {
      for (let n = 0; n < 1_000 && !observer.closed; n++) {
        made++;
        observer.next(n);
      }
    });
    const { flow } = reading(many$, { slot: { maxQueued: 3, overflow: 'error' } });
    expect((await flow.execute('s')).status).toBe('failed');
    expect(made).toBeLessThanOrEqual(5);
  });

  it('should let a generator clean up', async () => {
    let cleaned = 0;
    const endless = function* (): Generator<number> {
      try {
        for (let n = 0; ; n++) yield n;
      } finally {
        cleaned++;
      }
    };
    const { flow } = reading(() => endless(), { work: () => new Promise(() => undefined) });
    const job = flow.start('s');
    await rest();
    await job.cancel();
    await rest();
    expect(cleaned).toBe(1);
  });

  it('should bear an iterator that throws in return, or has none', async () => {
    const endings: readonly (object | undefined)[] = [{ return: () => Promise.reject(new Error('return')) }, undefined];
    for (const ending of endings) {
      const iterator = { next: () => new Promise(() => undefined), ...ending };
      const { flow } = reading(() => ({ [Symbol.asyncIterator]: () => iterator }) as never);
      const job = flow.start('s');
      await rest();
      await job.cancel();
      expect(await endOf(job)).toBe('cancelled');
    }
  });

  it('should bear a Node stream that fails while it is unsubscribed from', async () => {
    const stream = new Readable({ objectMode: true, read: () => undefined });
    const { flow } = reading(() => stream as never);
    const job = flow.start('s');
    await rest();
    await job.cancel();
    await until(() => stream.destroyed);
    expect(stream.destroyed).toBe(true);
  });

  it('should close a reader of lines; what it reads from is whoever has opened it to close, as after a break in `for await`', async () => {
    const input = new Readable({ read: () => undefined });
    const lines = createInterface({ input });
    const closed = jest.fn();
    lines.on('close', closed);
    const { flow } = reading(() => lines);
    const job = flow.start('s');
    await rest();
    await job.cancel();
    await until(() => closed.mock.calls.length > 0, 60);
    expect([closed.mock.calls.length, input.destroyed]).toEqual([1, false]);
  });

  it('should bear an observable whose teardown throws: the job ends all the same', async () => {
    const { flow } = reading(() => new Subject().pipe((source$) => source$, tearingDown));
    const job = flow.start('s');
    let told = false;
    void job.done.then(() => (told = true));
    await rest();
    await job.cancel();
    expect(await until(() => told, 60)).toBe(true);
    expect(flow.jobs).toEqual([]);
  });

  it('should bear it where a feed is unsubscribed', async () => {
    const { flow } = reading(NEVER);
    const job = flow.start('t');
    const feeding = feed(job, 't.i', NEVER.pipe(tearingDown));
    await rest();
    try {
      feeding.unsubscribe();
    } catch {
      // RxJS throws it at whoever unsubscribes; what counts is the job.
    }
    const end = await endOf(job);
    await job.cancel().catch(() => undefined);
    expect(end).toBe('completed');
  });

  const tearingDown = <T>(source$: Observable<T>): Observable<T> =>
    source$.pipe(
      finalize(() => {
        throw new Error('teardown');
      }),
    );

  it('should be unsubscribed from where its own value ends the job', async () => {
    const fate = newFate();
    const { flow } = reading(() => counter(fate), { work: (_, ctx) => void ctx.cancel() });
    const job = flow.start('s');
    expect(await endOf(job)).toBe('cancelled');
    await rest();
    expect(fate.left).toBe(1);
  });

  it('should not be opened where the function that gives it has ended the job', async () => {
    const fate = newFate();
    let end = (): void => undefined;
    const { flow } = reading(() => {
      end();
      return watched$(fate);
    });
    const job = flow.start('s');
    end = () => void job.cancel();
    expect(await endOf(job)).toBe('cancelled');
    expect(fate.left).toBe(fate.asked);
  });
});
