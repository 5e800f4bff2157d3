import { from, map, NEVER, Observable, of, take, timer } from 'rxjs';
import type { Data, Handler, JobState } from '../../lib/index.js';
import { unfinished } from '../../lib/engine/unfinished.js';
import { PlatformObservable } from '../rx/sources.js';
import { emitting, flowOf, noting, type Sketch, sleep } from '../support/flows.js';

type Answer = () => unknown;

/** A flow whose entry gives an answer, and what its values brought to `d`. */
const answering = async (answer: Answer, emits?: string): Promise<{ state: JobState; got: Data[] }> => {
  const got: Data[] = [];
  const s: Sketch = { slots: { trigger: [answer, { emits }] } };
  const flow = flowOf({ s, d: { slots: { i: noting<Data>(got, (data) => data) } } }, ['s.o -> d.i'], {
    executionTimeoutMs: 5_000,
  });
  return { state: await flow.execute('s'), got };
};

/** An observable of another library: no rxjs class, found by the interop point alone. */
const foreign = (key: PropertyKey, ...values: readonly Data[]): object => {
  const source = {
    subscribe: (observer: { next: (value: Data) => void; complete: () => void }) => {
      for (const value of values) observer.next(value);
      observer.complete();
      return { unsubscribe: () => undefined };
    },
  };
  return { [key]: () => source };
};

const INTEROP: PropertyKey = (Symbol as { observable?: symbol }).observable ?? '@@observable';

const slowly = async function* (...values: readonly Data[]): AsyncGenerator<Data> {
  for (const value of values) {
    await sleep(1);
    yield value;
  }
};

const lazy = (end: (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void): object => ({ then: end });

describe('unfinished', () => {
  it.each([
    ['a promise', Promise.resolve(), 'promise'],
    ['a thenable', { then: () => undefined }, 'promise'],
    ['a function that is a thenable (D41)', Object.assign(() => 1, { then: () => undefined }), 'promise'],
    ['an observable', of(1), 'pushed'],
    ['an observable of another library', foreign(INTEROP), 'pushed'],
    ['an observable of the platform', new PlatformObservable(() => undefined), 'pushed'],
    ['an async iterable', slowly(), 'pulled'],
    ['a web stream', new ReadableStream(), 'pulled'],
    ['a web stream of a browser that has no async iterator for it', { getReader: () => undefined }, 'pulled'],
  ])('should say yes to %s', (_, value, kind) => {
    expect(unfinished(value)?.kind).toBe(kind);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a number', 5],
    ['a text', 'then'],
    ['an object', { a: 1 }],
    ['an array', [1, 2]],
    ['a sync iterable', new Set([1])],
    ['a function', () => undefined],
    ['an object whose `then` is no function', { then: 1 }],
  ])('should say no to %s', (_, value) => {
    expect(unfinished(value)).toBeUndefined();
  });
});

describe('what a handler returns', () => {
  it.each<[string, Answer]>([
    ['nothing', () => undefined],
    ['a number', () => 5],
    ['an array of payloads', () => [{ n: 1 }]],
    ['an object', () => ({ n: 1 })],
    ['a promise of a payload', () => Promise.resolve({ n: 1 })],
  ])('should ignore %s without `emits`', async (_, answer) => {
    const { state, got } = await answering(answer);
    expect([state.status, got]).toEqual(['completed', []]);
  });

  it.each<[string, Answer]>([
    ['an observable', () => from([{ n: 1 }, { n: 2 }])],
    [
      'an observable that takes its time',
      () =>
        timer(0, 1).pipe(
          map((n) => ({ n: n + 1 })),
          take(2),
        ),
    ],
    ['an observable of another library', () => foreign(INTEROP, { n: 1 }, { n: 2 })],
    ['an async iterable', () => slowly({ n: 1 }, { n: 2 })],
  ])('should emit the values of %s on the event that the slot names', async (_, answer) => {
    const { state, got } = await answering(answer, 'o');
    expect([state.status, got]).toEqual(['completed', [{ n: 1 }, { n: 2 }]]);
    expect(state.history('s').map(({ eventName }) => eventName)).toEqual(['start', 'o', 'o']);
  });

  it.each<[string, Answer]>([
    ['an observable', () => from([{ n: 1 }, 'what'])],
    ['an async iterable', () => slowly({ n: 1 })],
  ])('should ignore the values of %s where the slot names no event', async (_, answer) => {
    const { state, got } = await answering(answer);
    expect([state.status, got]).toEqual(['completed', []]);
  });

  it.each<[string, Answer]>([
    ['a promise', () => sleep(10)],
    ['a thenable', () => lazy((resolve) => void setTimeout(resolve, 10))],
    ['an observable', () => timer(10)],
    ['an async iterable', () => slowly(...Array.from({ length: 5 }, () => ({})))],
  ])('should be waited for, holding its worker: %s (rule 10)', async (_, answer) => {
    let [now, peak, calls] = [0, 0, 0];
    const t: Sketch = {
      slots: {
        i: () => {
          calls++;
          peak = Math.max(peak, ++now);
          return answer();
        },
      },
    };
    const flow = flowOf({ s: { slots: { trigger: emitting({}, {}) } }, t }, ['s.o -> t.i']);
    const job = flow.start('s');
    job.record$.subscribe((record) => {
      if (record.type === 'taskSettled' && record.routineId === 't') now--;
    });
    await job.done;
    expect([calls, peak]).toEqual([2, 1]);
  });

  it.each<[string, Answer]>([
    ['a rejected promise', () => Promise.reject(new Error('no'))],
    ['a thenable that rejects', () => lazy((_, reject) => reject(new Error('no')))],
    [
      'a thenable that throws in then',
      () =>
        lazy(() => {
          throw new Error('no');
        }),
    ],
    [
      'a getter `then` that throws',
      () => ({
        get then(): unknown {
          throw new Error('no');
        },
      }),
    ],
    ['an observable that errors', () => new Observable((observer) => observer.error(new Error('no')))],
    [
      'an observable that errors after a value',
      () =>
        new Observable((observer) => {
          observer.next({ n: 1 });
          observer.error(new Error('no'));
        }),
    ],
    [
      'an async iterable that throws',
      async function* () {
        yield {};
        throw new Error('no');
      },
    ],
    [
      'a handler that throws',
      () => {
        throw new Error('no');
      },
    ],
  ])('should fail the task: %s', async (_, answer) => {
    const { state } = await answering(answer, 'o');
    expect(state.status).toBe('failed');
    expect(state.error).toMatchObject({
      code: 'TASK_FAILED',
      cause: new Error('no'),
      details: { routineId: 's', slot: 'trigger' },
    });
  });

  it.each<[string, Answer]>([
    ['a stream whose interop point gives nothing', () => ({ [INTEROP]: () => undefined })],
    ['a stream whose interop point gives something else', () => ({ [INTEROP]: () => ({ subscribe: 1 }) })],
    ['an async iterable without an iterator', () => ({ [Symbol.asyncIterator]: () => undefined })],
  ])('should fail the task, not the engine: %s', async (_, answer) => {
    const { state } = await answering(answer, 'o');
    expect(state.error).toMatchObject({ code: 'TASK_FAILED' });
  });

  describe('a promise that throws when it is asked (D31)', () => {
    const no = (): never => {
      throw new Error('no');
    };
    const with_ = (own: PropertyDescriptorMap): Promise<void> => Object.defineProperties(Promise.resolve(), own);
    /** The property is there at the first `looks`, and throws from then on. */
    const later = (looks: number, value: unknown): PropertyDescriptor => ({ get: () => (looks-- > 0 ? value : no()) });
    const WAYS: readonly [string, () => PromiseLike<void>][] = [
      ['its `constructor`', () => with_({ constructor: { get: no } })],
      ['its `constructor`, at the second look', () => with_({ constructor: later(1, Promise) })],
      ['its `then`, at the second look', () => with_({ then: later(1, Promise.prototype.then) })],
      ['its `then`, at the third look', () => with_({ then: later(2, Promise.prototype.then) })],
      ['its own `then`, when called', () => with_({ then: { value: no } })],
      [
        'the `constructor` of its prototype',
        () => {
          const prototype = Object.defineProperties({ then: Promise.prototype.then }, { constructor: { get: no } });
          return Object.setPrototypeOf(Promise.resolve(), prototype) as Promise<void>;
        },
      ],
    ];

    it.each(WAYS)('should fail the task, and give its worker back: %s', async (_, answer) => {
      const flow = flowOf({ s: { slots: { trigger: answer } }, t: { slots: { trigger: () => undefined } } });
      expect((await flow.execute('s')).error).toMatchObject({ code: 'TASK_FAILED', cause: new Error('no') });
      expect((await flow.execute('t')).status).toBe('completed');
    });

    // Tracking looks twice.
    it.each(WAYS.filter(([way]) => !way.includes('third')))('should fail the task that tracks it: %s', async (_, answer) => {
      const flow = flowOf({ s: { slots: { trigger: (_data, ctx) => void ctx.track(answer()) } } });
      expect((await flow.execute('s')).error).toMatchObject({ code: 'TASK_FAILED', cause: new Error('no') });
    });

    it.each(WAYS)('should harm nobody if its job has ended meanwhile: %s', async (_, answer) => {
      const trigger: Handler = (_data, ctx) => {
        ctx.cancel();
        return answer();
      };
      const flow = flowOf({ s: { slots: { trigger } }, t: { slots: { trigger: () => undefined } } });
      expect((await flow.execute('s')).status).toBe('cancelled');
      expect((await flow.execute('t')).status).toBe('completed');
    });
  });

  it('should look at no more of a thenable than its `then`', async () => {
    const shy = new Proxy(
      { then: (resolve: () => void) => void setTimeout(resolve, 1) },
      {
        getPrototypeOf: () => {
          throw new Error('no');
        },
      },
    );
    const { state } = await answering(() => shy);
    expect(state.status).toBe('completed');
  });

  it('should hear a tracked promise once whose own `then` answers twice (D5)', async () => {
    const twice = Object.assign(Promise.resolve(), {
      then: (fulfilled: () => void, rejected: (error: Error) => void) => {
        fulfilled();
        fulfilled();
        rejected(new Error('late'));
      },
    });
    const job = flowOf({ s: { slots: { trigger: (_data, ctx) => void ctx.track(twice) } } }).start('s');
    const told: string[] = [];
    job.record$.subscribe(({ type }) => told.push(type));
    expect((await job.done).status).toBe('completed');
    expect(told.filter((type) => type.endsWith('tracked'))).toEqual(['tracked', 'untracked']);
  });

  it('should believe a thenable that answers twice only once', async () => {
    const twice = lazy((resolve, reject) => {
      resolve(1);
      resolve(2);
      reject(new Error('late'));
    });
    const { state } = await answering(() => twice);
    expect(state.status).toBe('completed');
    expect(state.metrics.routine('s')).toMatchObject({ total: 1, completed: 1, failed: 0 });
  });

  it('should not hear of a foreign stream that goes on after its end', async () => {
    const unruly = {
      [INTEROP]: () => ({
        subscribe: (observer: { next: (value: Data) => void; complete: () => void; error: (error: unknown) => void }) => {
          observer.complete();
          observer.next({ n: 1 });
          observer.error(new Error('late'));
          return { unsubscribe: () => undefined };
        },
      }),
    };
    const { state, got } = await answering(() => unruly, 'o');
    expect([state.status, got, state.metrics.routine('s')?.failed]).toEqual(['completed', [], 0]);
  });

  it('should be aborted on cancel: an observable is unsubscribed, an async iterable closed', async () => {
    let closed = 0;
    const endless = async function* (): AsyncGenerator<Data> {
      try {
        for (;;) {
          await sleep(1);
          yield {};
        }
      } finally {
        closed++;
      }
    };
    const silent = new Observable(() => () => {
      closed++;
    });
    for (const answer of [endless, (): unknown => silent, (): unknown => NEVER] as Handler[]) {
      const job = flowOf({ s: { slots: { trigger: answer } } }).start('s');
      await sleep(5);
      await job.cancel();
      expect(job.status).toBe('cancelled');
    }
    await sleep(5);
    expect(closed).toBe(2);
  });

  it('should not await a payload with a `then` (rule 10, X)', async () => {
    const asked: string[] = [];
    const payload = { then: () => asked.push('then'), n: 1 };
    const got: Data[] = [];
    const flow = flowOf(
      { s: { slots: { trigger: emitting(payload) } }, d: { slots: { i: noting<Data>(got, (data) => data) } } },
      ['s.o -> d.i'],
    );
    const state = await flow.execute('s', { then: () => asked.push('entry') });
    expect([state.status, asked]).toEqual(['completed', []]);
    expect(got).toEqual([payload]);
  });
});
