import { EventEmitter, on } from 'node:events';
import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { NEVER, throwError, VirtualTimeScheduler } from 'rxjs';
import { type Context, currentContext, type Data, Flow, type FlowOptions, type Handler, type Job } from '../lib/index.js';
import { feed, fromSource, type Source } from '../lib/rx/index.js';
import { HELD } from './rx/held.js';
import { asyncCounter, counter, endOf, type Fate, newFate, PlatformObservable } from './rx/sources.js';
import { flowOf, routine } from './support/flows.js';
import { rest, until } from './support/turns.js';

/** The ways in which a flow reads a stream: routine `s` reads it, and slot `i` of `t` gets its values. */
const READERS: readonly (readonly [string, (make: () => unknown, got: Data[], options?: FlowOptions) => Flow])[] = [
  [
    'returned by a handler',
    (make, got, options) => reading(routine({ slots: { trigger: [make, { emits: 'o' }] } }), 'o', got, options),
  ],
  [
    'that a promise of a handler comes to',
    (make, got, options) =>
      reading(routine({ slots: { trigger: [async () => Promise.resolve(make()), { emits: 'o' }] } }), 'o', got, options),
  ],
  [
    'given to fromSource',
    (make, got, options) =>
      reading(
        fromSource('source', () => make() as Source<unknown>),
        'output',
        got,
        options,
      ),
  ],
];

const reading = (source: ReturnType<typeof routine>, event: string, got: Data[], options: FlowOptions = {}): Flow => {
  const flow = new Flow({ maxWorkers: 2, ...options });
  flow.addRoutine(source, 's');
  flow.addRoutine(routine({ slots: { i: (data) => void got.push(data) } }), 't');
  flow.connect('s', event, 't', 'i');
  return flow;
};

/** The ways in which a job ends before its stream, and why, as the stream is told. */
const ENDS: readonly (readonly [string, (job: Job, abort: AbortController) => unknown, unknown])[] = [
  ['a cancel with a reason', (job) => job.cancel('enough'), 'enough'],
  ['the end of a job that is complete early', (job) => void job.complete('found'), 'found'],
  [
    'a failure elsewhere',
    (job) =>
      feed(
        job,
        't.i',
        throwError(() => new Error('elsewhere')),
      ),
    expect.stringContaining('elsewhere'),
  ],
  ['the abort of its signal', (_, abort) => void abort.abort('gone'), expect.stringContaining('gone')],
];

/** The same with payloads for values. */
const numbered = (numbers: Iterable<number> | AsyncIterable<number>): object => {
  const isAsync = Symbol.asyncIterator in numbers;
  const key = isAsync ? Symbol.asyncIterator : Symbol.iterator;
  const payload = ({ done, value }: IteratorResult<number, unknown>): IteratorResult<Data> =>
    done === true ? { done, value } : { done: false, value: { n: value } };
  return {
    [key]: () => {
      const iterator = (numbers as AsyncIterable<number>)[key as typeof Symbol.asyncIterator]();
      const next = (): unknown => {
        const asked: unknown = iterator.next();
        return isAsync ? (asked as Promise<IteratorResult<number>>).then(payload) : payload(asked as IteratorResult<number>);
      };
      return { next, return: () => iterator.return?.() };
    },
  };
};

describe.each(READERS)('a stream %s (D41)', (_, readBy) => {
  describe.each(HELD)('%s', (__, make) => {
    it.each(ENDS)('should be closed once and at once by %s, while it waits for its next value', async (___, end) => {
      const fate = newFate();
      const abort = new AbortController();
      const job = readBy(() => make(fate), []).start('s', {}, { signal: abort.signal });
      expect(await until(() => fate.asked > 0)).toBe(true);
      await end(job, abort);
      expect(['cancelled', 'failed', 'completed']).toContain(await endOf(job));
      expect(await until(() => fate.left > 0, 60)).toBe(true);
      await rest();
      expect(fate.left).toBe(1);
    });

    it('should be closed once by a timeout', async () => {
      const fate = newFate();
      const job = readBy(() => make(fate), []).start('s', {}, { timeoutMs: 8 });
      expect(await endOf(job)).toBe('failed');
      expect(await until(() => fate.left > 0, 60)).toBe(true);
      await rest();
      expect(fate.left).toBe(1);
    });
  });

  it.each(ENDS)('should be told the reason by %s: a web stream, and an observable of the platform', async (___, end, reason) => {
    const told: unknown[] = [];
    const web = new ReadableStream({ pull: () => new Promise(() => undefined), cancel: (why) => void told.push(why) });
    let signal: AbortSignal | undefined;
    const platform = {
      [Symbol.toStringTag]: 'Observable',
      subscribe: (__: unknown, options: { signal: AbortSignal }) => void ({ signal } = options),
    };
    for (const stream of [web, platform]) {
      const abort = new AbortController();
      const job = readBy(() => stream, []).start('s', {}, { signal: abort.signal });
      await rest();
      await end(job, abort);
      await endOf(job);
      await rest();
    }
    expect([...told, signal?.reason]).toEqual([reason, reason]);
  });

  it('should release the lock of a web stream that has ended, failed, or is left', async () => {
    const ended = new ReadableStream({
      start: (controller) => {
        controller.enqueue({ n: 1 });
        controller.close();
      },
    });
    const failing = new ReadableStream({
      start: (controller) => {
        controller.error(new Error('broken'));
      },
    });
    const waiting = new ReadableStream({ pull: () => new Promise(() => undefined) });
    const got: Data[] = [];
    expect((await readBy(() => ended, got).execute('s')).status).toBe('completed');
    expect((await readBy(() => failing, []).execute('s')).status).toBe('failed');
    const job = readBy(() => waiting, []).start('s');
    await rest();
    expect(waiting.locked).toBe(true);
    await job.cancel();
    await rest();
    expect([ended.locked, failing.locked, waiting.locked]).toEqual([false, false, false]);
    expect(got).toEqual([{ n: 1 }]);
  });

  it('should fail the task if a web stream is locked by somebody else, and leave that reader alone', async () => {
    const stream = new ReadableStream({ pull: () => new Promise(() => undefined) });
    const reader = stream.getReader();
    expect((await readBy(() => stream, []).execute('s')).status).toBe('failed');
    expect(stream.locked).toBe(true);
    reader.releaseLock();
  });

  it('should leave no listener behind: events.on of Node', async () => {
    const bus = new EventEmitter();
    const job = readBy(() => on(bus, 'message'), []).start('s');
    await rest();
    expect(bus.listenerCount('message')).toBe(1);
    await job.cancel();
    await rest();
    expect(bus.listenerCount('message')).toBe(0);
  });

  it('should run the clean-up of a generator in the middle of its values, with what it still awaits', async () => {
    const log: string[] = [];
    const values = async function* (): AsyncGenerator<Data> {
      try {
        for (let n = 0; ; n++) {
          yield { n };
          await rest();
        }
      } finally {
        await rest();
        log.push('cleaned');
      }
    };
    const got: Data[] = [];
    const job = readBy(values, got).start('s');
    expect(await until(() => got.length > 2)).toBe(true);
    await job.cancel();
    expect(await until(() => log.length > 0)).toBe(true);
    const { length } = got;
    await rest();
    expect(got).toHaveLength(length);
    expect(log).toEqual(['cleaned']);
  });

  it.each<[string, (fate: Fate) => unknown]>([
    ['an iterable', (fate) => numbered(counter(fate))],
    ['an async iterable', (fate) => numbered(asyncCounter(fate))],
  ])('should give the loop its turns if it never waits, and be left by a cancel: %s', async (___, make) => {
    const fate = newFate();
    const got: Data[] = [];
    const job = readBy(() => make(fate), got).start('s');
    // A timer fires although it never waits.
    await new Promise<void>((resolve) => void setTimeout(resolve, 1));
    expect(await until(() => got.length > 600)).toBe(true);
    await job.cancel();
    await rest();
    const { asked } = fate;
    await rest();
    expect(fate).toEqual({ asked, left: 1 });
  });

  it('should be closed if a value of it cannot be written down, and be told the error', async () => {
    let why: unknown;
    const web = new ReadableStream({
      start: (controller) => {
        controller.enqueue({ n: () => 1 });
      },
      cancel: (reason) => void (why = reason),
    });
    const state = await readBy(() => web, [], { emitMode: 'commit' }).execute('s');
    expect(state.status).toBe('failed');
    await rest();
    expect(why).toMatchObject({ code: 'NOT_SERIALISABLE' });
    expect(web.locked).toBe(false);
  });

  it('should not be told to return if it has ended by itself, or broken', async () => {
    const fate = newFate();
    const broken = {
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('no')), return: () => void fate.left++ }),
    };
    expect((await readBy(() => numbered(counter(fate, 3)), []).execute('s')).status).toBe('completed');
    expect((await readBy(() => broken, []).execute('s')).status).toBe('failed');
    await rest();
    expect(fate.left).toBe(0);
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['nothing', undefined],
    ['a number', 5],
  ])('should fail the task if a step of its iterator is %s, and tell it to return', async (___, step) => {
    let left = 0;
    const iterable = { [Symbol.asyncIterator]: () => ({ next: async () => Promise.resolve(step), return: () => void left++ }) };
    const state = await readBy(() => iterable, []).execute('s');
    expect(state.error?.message).toContain('has to give { done, value }');
    await rest();
    expect(left).toBe(1);
  });

  it('should await a step that is a thenable of any shape, also a function', async () => {
    const got: Data[] = [];
    const steps: IteratorResult<Data>[] = [
      { done: false, value: { n: 1 } },
      { done: true, value: undefined },
    ];
    const thenable = (): unknown =>
      Object.assign(() => undefined, { then: (resolve: (step: unknown) => void) => void resolve(steps.shift()) });
    expect((await readBy(() => ({ [Symbol.asyncIterator]: () => ({ next: thenable }) }), got).execute('s')).status).toBe(
      'completed',
    );
    expect(got).toEqual([{ n: 1 }]);
  });

  it('should bear a return that throws, rejects, or is none', async () => {
    const silent = { next: () => new Promise(() => undefined) };
    const refusing = [
      silent,
      {
        ...silent,
        return: () => {
          throw new Error('no');
        },
      },
      { ...silent, return: () => Promise.reject(new Error('no')) },
      { ...silent, return: 5 },
    ];
    for (const iterator of refusing) {
      const job = readBy(() => ({ [Symbol.asyncIterator]: () => iterator }), []).start('s');
      await rest();
      await job.cancel();
      await rest();
      expect(job.status).toBe('cancelled');
    }
  });
});

describe('a stream returned by a handler', () => {
  const returning = (make: Handler, got: Data[] = []): Flow =>
    reading(routine({ slots: { trigger: [make, { emits: 'o' }] } }), 'o', got);

  it('should give all values of an iterable at once and in order, also more than the loop lets pass in one go (D41)', async () => {
    const got: Data[] = [];
    const all = Array.from({ length: 1_000 }, (_, n) => ({ n }));
    expect((await returning(() => all, got).execute('s')).status).toBe('completed');
    expect(got).toEqual(all);
  });

  it('should end under virtual time without a turn of the real loop (D41)', () => {
    const scheduler = new VirtualTimeScheduler();
    const all = Array.from({ length: 1_000 }, (_, n) => ({ n }));
    const got: Data[] = [];
    const flow = flowOf(
      { s: { slots: { trigger: [() => all, { emits: 'o' }] } }, t: { slots: { i: (data) => void got.push(data) } } },
      ['s.o -> t.i'],
      { scheduler },
    );
    const job = flow.start('s');
    scheduler.flush();
    expect(job.status).toBe('completed');
    expect(got).toEqual(all);
    expect(scheduler.frame).toBe(0);
  });

  it('should run in the context of its handler, from its first value to its last', async () => {
    const seen: (string | undefined)[] = [];
    const note = (): void => void seen.push(currentContext()?.routineId);
    const values = function* (): Generator<Data> {
      for (let n = 0; n < 600; n++) {
        if (n % 299 === 0) note();
        yield { n };
      }
    };
    expect((await returning(() => values()).execute('s')).status).toBe('completed');
    expect(seen).toEqual(['s', 's', 's']);
  });

  it('should end with its task alone if that is cancelled, and tell it why; the job goes on (D45)', async () => {
    let why: unknown;
    const web = new ReadableStream({ pull: () => new Promise(() => undefined), cancel: (reason) => void (why = reason) });
    const job = returning(() => web).start('s');
    await rest();
    const [task] = job.snapshot().pendingTasks as readonly { taskId: string }[];
    job.cancelTask(task?.taskId ?? '', 'not this one');
    expect(await endOf(job)).toBe('completed');
    await rest();
    expect([why, web.locked]).toEqual(['not this one', false]);
  });

  it('should be closed if a value of it cannot be emitted, and be told the error', async () => {
    let why: unknown;
    const web = new ReadableStream({
      start: (controller) => {
        controller.enqueue(5);
      },
      cancel: (reason) => void (why = reason),
    });
    const state = await returning(() => web).execute('s');
    expect(state.status).toBe('failed');
    await rest();
    expect(why).toMatchObject({ code: 'BAD_PAYLOAD' });
  });

  it.each<[string, (ctx: Context) => void]>([
    ['cancels its job', (ctx) => void ctx.cancel()],
    ['completes its job', (ctx) => void ctx.complete()],
  ])('should be closed unread if its handler %s, also what is open behind it', async (_, end) => {
    const fate = newFate();
    const node = new Readable({ read: () => void fate.asked++ });
    const web = new ReadableStream({ cancel: () => void fate.left++ }, { highWaterMark: 0 });
    for (const stream of [node, web]) {
      await returning((__, ctx) => {
        end(ctx);
        return stream;
      }).execute('s');
      await rest();
    }
    expect([node.destroyed, web.locked, fate]).toEqual([true, false, { asked: 0, left: 1 }]);
  });

  it('should be read from an observable of the platform (D41)', async () => {
    const got: Data[] = [];
    const platform = new PlatformObservable((subscriber) => {
      subscriber.next({ n: 1 });
      subscriber.complete();
    });
    expect((await returning(() => platform, got).execute('s')).status).toBe('completed');
    expect(got).toEqual([{ n: 1 }]);
  });

  it('should be none if it only has a `subscribe`, as a store has', async () => {
    const store = { subscribe: () => NEVER };
    expect((await flowOf({ s: { slots: { trigger: () => store } } }).execute('s')).status).toBe('completed');
  });

  it('should let a pause wait for its end: it is at work', async () => {
    const got: Data[] = [];
    const values = async function* (): AsyncGenerator<Data> {
      for (let n = 0; n < 3; n++) {
        await rest();
        yield { n };
      }
    };
    const job = returning(values, got).start('s');
    await rest();
    await job.pause();
    expect(job.state.pendingTasks.length + got.length).toBe(3);
    job.resume();
    expect(await endOf(job)).toBe('completed');
    expect(got).toHaveLength(3);
  });
});
