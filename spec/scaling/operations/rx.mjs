// Flows and observables.
import { JobState } from 'routilux';
import { feed, fromOperator, fromSource, toNative, toOperator } from 'routilux/rx';
import { from, lastValueFrom, map, NEVER, of, scan, toArray } from 'rxjs';
import { check, flowOf, nothing, operation, routineOf, turn, until, upTo } from './parts.mjs';

const hangs = (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve));

const completed = async (done) => check((await done).status === 'completed', 'the job has completed');

/** A flow that emits n times to a routine. */
const through = (routine, options) =>
  flowOf(
    { s: routineOf({ trigger: ({ n }, ctx) => upTo(n).forEach((at) => ctx.emit('o', { at })) }), t: routine },
    [['s', 'o', 't', 'input']],
    options,
  );

const echo = (options) => flowOf({ s: routineOf({ trigger: (data, ctx) => ctx.emit('o', data) }) }, [], options);

const operated = (as) =>
  operation(`toOperator, n values as ${as}`, ['toOperator'], (n, measure) => {
    const flow = echo();
    return measure(() =>
      lastValueFrom(
        from(upTo(n)).pipe(
          map((at) => ({ at })),
          toOperator(flow, { entry: 's', output: 's.o', as }),
          toArray(),
        ),
      ),
    );
  });

/** Routines of a kind, each behind the one before. */
const chainOf = (n, make) => {
  const flow = flowOf({ s: routineOf({ trigger: (_, ctx) => ctx.emit('o', { a: 1 }) }) });
  for (const at of upTo(n)) {
    flow.addRoutine(make(at), `r${at}`);
    flow.connect(at === 0 ? 's' : `r${at - 1}`, at === 0 ? 'o' : 'output', `r${at}`, 'input');
  }
  return flow;
};

const sources = (n, options, slotOptions) => {
  const flow = flowOf(
    { s: routineOf({ trigger: (_, ctx) => ctx.emit('o', { a: 1 }) }), t: routineOf({ i: turn }, [], { i: slotOptions }) },
    [],
    options,
  );
  for (const at of upTo(n)) {
    flow.addRoutine(fromSource('source', [1, 2, 3]), `r${at}`);
    flow.connect('s', 'o', `r${at}`, 'trigger');
    flow.connect(`r${at}`, 'output', 't', 'i');
  }
  return flow;
};

export const operations = [
  operation('fromOperator, n values', ['fromOperator'], (n, measure) => {
    const flow = through(
      fromOperator(
        'sum',
        scan((sum, { at }) => sum + at, 0),
      ),
    );
    return measure(() => completed(flow.execute('s', { n })));
  }),
  operation(
    'a chain of n operators',
    [],
    (n, measure) => {
      const flow = chainOf(n, () =>
        fromOperator(
          'same',
          map((data) => data),
        ),
      );
      return measure(() => completed(flow.execute('s')));
    },
    { most: 2 ** 8 },
  ),
  operation(
    'n operators behind one emission',
    [],
    (n, measure) => {
      const flow = flowOf({ s: routineOf({ trigger: (_, ctx) => ctx.emit('o', { a: 1 }) }) });
      for (const at of upTo(n)) {
        flow.addRoutine(
          fromOperator(
            'same',
            map((data) => data),
          ),
          `r${at}`,
        );
        flow.connect('s', 'o', `r${at}`, 'input');
      }
      return measure(() => completed(flow.execute('s')));
    },
    { most: 2 ** 12 },
  ),
  operation('a snapshot and a resume of an operator with n inputs', [], async (n, measure) => {
    const make = () => {
      const flow = through(
        fromOperator(
          'sum',
          scan((sum, { at }) => sum + at, 0),
          { replay: true },
        ),
        { flowId: 'f' },
      );
      flow.addRoutine(routineOf({ i: ({ at }, ctx) => void (at === n - 1 && ctx.pause()) }), 'last');
      flow.connect('s', 'o', 'last', 'i');
      return flow;
    };
    const job = make().start('s', { n });
    await until(() => job.status === 'paused');
    let other;
    await measure(() => (other = make().resume(JobState.fromJSON(JSON.stringify(job.snapshot())), { paused: true })));
    await Promise.all([job.cancel(), other.cancel()]);
  }),
  operation('fromSource, n values of a list', ['fromSource'], (n, measure) => {
    const flow = flowOf({ s: fromSource('list', upTo(n)), t: routineOf({ i: nothing }) }, [['s', 'output', 't', 'i']]);
    return measure(() => completed(flow.execute('s')));
  }),
  operation('fromSource, n values of an observable', [], (n, measure) => {
    const flow = flowOf({ s: fromSource('list', () => from(upTo(n))), t: routineOf({ i: nothing }) }, [
      ['s', 'output', 't', 'i'],
    ]);
    return measure(() => completed(flow.execute('s')));
  }),
  operation('fromSource, n values of an async generator', [], (n, measure) => {
    const flow = flowOf(
      {
        s: fromSource('list', async function* () {
          yield* upTo(n);
        }),
        t: routineOf({ i: async () => null }),
      },
      [['s', 'output', 't', 'i']],
    );
    return measure(() => completed(flow.execute('s')));
  }),
  operation('one source that n tasks open', [], (n, measure) => {
    const flow = flowOf(
      {
        s: routineOf({ trigger: ({ n }, ctx) => upTo(n).forEach((at) => ctx.emit('o', { at })) }),
        t: fromSource('later', () => from(turn())),
      },
      [['s', 'o', 't', 'trigger']],
    );
    return measure(() => completed(flow.execute('s', { n })));
  }),
  operation('cancel n sources that are open', [], async (n, measure) => {
    const flow = flowOf(
      {
        s: routineOf({ trigger: ({ n }, ctx) => upTo(n).forEach((at) => ctx.emit('o', { at })) }),
        t: fromSource('never', () => NEVER),
      },
      [['s', 'o', 't', 'trigger']],
    );
    const job = flow.start('s', { n });
    await until(() => job.state.metrics.routine('t')?.completed === n);
    await measure(() => job.cancel().then(turn));
  }),
  operation(
    'n sources',
    [],
    (n, measure) => {
      const flow = sources(n);
      return measure(() => completed(flow.execute('s')));
    },
    { most: 2 ** 11 },
  ),
  operation(
    'n sources that wait for room',
    [],
    (n, measure) => {
      const flow = sources(n, {}, { maxQueued: 2, overflow: 'block' });
      return measure(() => completed(flow.execute('s')));
    },
    { most: 2 ** 11 },
  ),
  operation(
    'n sources that wait for room in the job',
    [],
    (n, measure) => {
      const flow = sources(n, { maxQueued: 10, overflow: 'block' });
      return measure(() => completed(flow.execute('s')));
    },
    { most: 2 ** 11 },
  ),
  ...['merge', 'concat', 'exhaust', 'switch', 'job'].map(operated),
  operation('toOperator, n jobs that fail', [], (n, measure) => {
    const flow = flowOf({
      s: routineOf({
        trigger: () => {
          throw new Error('x');
        },
      }),
    });
    return measure(() =>
      lastValueFrom(
        from(upTo(n)).pipe(
          map((at) => ({ at })),
          toOperator(flow, { entry: 's', output: 's.o', onJobError: () => of(1) }),
          toArray(),
        ),
      ),
    );
  }),
  operation('feed of n values', ['feed'], async (n, measure) => {
    const flow = flowOf({ s: routineOf({ trigger: nothing, i: nothing }) });
    await measure(() => {
      const job = flow.start('s');
      feed(job, 's.i', upTo(n));
      return completed(job.done);
    });
  }),
  operation('n feeds of a job', [], async (n, measure) => {
    const flow = flowOf({ s: routineOf({ trigger: hangs, i: nothing }) });
    const job = flow.start('s');
    await measure(async () => {
      const feeds = upTo(n).map(() => feed(job, 's.i', NEVER));
      for (const feeding of feeds.slice(n / 2)) feeding.unsubscribe();
      await job.cancel();
    });
  }),
  operation('toNative, n values', ['toNative'], (n, measure) => {
    class Native {
      constructor(subscriber) {
        this.subscriber = subscriber;
      }
      subscribe(observer) {
        return this.subscriber(observer);
      }
    }
    const had = globalThis.Observable;
    globalThis.Observable = Native;
    const native = toNative(from(upTo(n)));
    globalThis.Observable = had;
    return measure.again(() =>
      native.subscribe({
        addTeardown: nothing,
        next: nothing,
        error: nothing,
        complete: nothing,
        active: true,
        signal: new AbortController().signal,
      }),
    );
  }),
];
