import { mergeMap, NEVER, type Observable, of, Subject } from 'rxjs';
import type { Handler } from '../../lib/index.js';
import { emitting, flowOf, forward, noting, type Sketch } from '../support/flows.js';
import { type Marbles, marbles, starts } from '../support/marbles.js';

const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** A flow whose slot `t.i` returns a stream, for each payload that `s` emits; `d` gets its values. */
const streaming = (m: Marbles, answer: Handler, count = 1, workers = 1): ReturnType<typeof flowOf> =>
  flowOf(
    {
      s: { slots: { trigger: emitting(...Array.from({ length: count }, (_, n) => ({ n }))) } },
      t: { slots: { i: [answer, { emits: 'o' }] } },
      d: { slots: { i: () => undefined } },
    },
    ['s.o -> t.i', 't.o -> d.i'],
    { scheduler: m.scheduler, maxWorkers: workers, executionTimeoutMs: 50 },
  );

const VALUES = { a: { n: 1 }, b: { n: 2 } };

describe('WorkerPool', () => {
  it('should not take a second answer of one promise for that of the next task (rule 10)', async () => {
    const log: string[] = [];
    let again: () => void = () => undefined;
    const answersTwice = Object.assign(Promise.resolve(), {
      then: (answer: () => void) => {
        again = answer;
        answer();
      },
    });
    const flow = flowOf(
      {
        s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }) } },
        t: {
          slots: {
            i: async ({ n }) => {
              await settled();
              again();
              await settled();
              log.push(`end of ${String(n)}`);
            },
            first: () => answersTwice,
          },
        },
      },
      ['s.o -> t.first', 's.o -> t.i'],
    );
    await flow.execute('s');
    expect(log).toEqual(['end of 1', 'end of 2']);
  });

  describe('in a flow', () => {
    it(
      'should keep the worker of a stream that never ends until the timeout (never)',
      marbles((m) => {
        m.expectObservable(starts(streaming(m, () => NEVER, 2).run$('s'))).toBe('(st) 46ms |');
      }),
    );

    it(
      'should be free at once after an empty stream (empty)',
      marbles((m) => {
        m.expectObservable(starts(streaming(m, () => m.cold('|'), 2).run$('s'))).toBe('(stt|)');
      }),
    );

    it(
      'should hold the worker to the end of a stream of one value, the value going out on its event (one)',
      marbles((m) => {
        const flow = streaming(m, () => m.cold('--a---|', VALUES), 2);
        m.expectObservable(starts(flow.run$('s'))).toBe('(st)--t-----(dd|)');
      }),
    );

    it(
      'should let values out while the stream goes on, where a worker is free (many)',
      marbles((m) => {
        const flow = streaming(m, () => m.cold('------a-b---|', VALUES), 1, 2);
        m.expectObservable(starts(flow.run$('s'))).toBe('(st)--d-d---|');
      }),
    );

    it(
      'should fail the task whose stream errors, and only that (error)',
      marbles((m) => {
        const flow = streaming(m, ({ n }) => (n === 0 ? m.cold('------#') : m.cold('----a-|', VALUES)), 2);
        for (const routine of flow.routines.values()) routine.setAsOptional();
        m.expectObservable(starts(flow.run$('s'))).toBe('(st)--t-----(d|)');
      }),
    );

    it(
      'should let an endless stream go on until the timeout, and unsubscribe then (endless)',
      marbles((m) => {
        const endless$ = m.hot('----a---------b--------------------------------------------a', VALUES);
        const flow = streaming(m, () => endless$, 1, 2);
        m.expectObservable(starts(flow.run$('s'))).toBe('(st)d---------d 35ms |');
        m.expectSubscriptions(endless$.subscriptions).toBe('^ 49ms !');
      }),
    );

    it(
      'should unsubscribe from the stream when the job is cancelled (early unsubscribe)',
      marbles((m) => {
        const stream$ = m.cold('----a----b----|', VALUES);
        m.expectObservable(starts(streaming(m, () => stream$, 1, 2).run$('s')), '^-----!').toBe('(st)d');
        m.expectSubscriptions(stream$.subscriptions).toBe('                     ^-----!');
      }),
    );

    it(
      'should take a handler that throws as a failed task (a callback that throws)',
      marbles((m) => {
        const flow = streaming(
          m,
          ({ n }) => {
            if (n === 0) throw new Error('no');
            return m.cold('-----(a|)', VALUES);
          },
          2,
        );
        for (const routine of flow.routines.values()) routine.setAsOptional('skip');
        m.expectObservable(starts(flow.run$('s'))).toBe('(stt)(d|)');
      }),
    );

    it(
      'should take a stream that answers at once, in order (a handler that answers at once)',
      marbles((m) => {
        m.expectObservable(starts(streaming(m, () => of(VALUES.a, VALUES.b), 2).run$('s'))).toBe('(sttdddd|)');
      }),
    );

    it(
      'should fail the task where a value of the stream is no payload',
      marbles((m) => {
        const job = streaming(m, () => of(5)).start('s');
        m.flush();
        expect(job.state.error).toMatchObject({ code: 'TASK_FAILED', cause: { code: 'BAD_PAYLOAD' } });
      }),
    );
  });
});

// ── rule 1: why the waiting tasks do not wait in mergeMap ────────────────────────────────────────────────────────────

/** What most would write: a subject of tasks, `mergeMap` with a limit, and a handler that feeds the subject again. */
const naive = (hops: number, workers: number): { ran: number; thrown: boolean; done: boolean } => {
  const tasks$ = new Subject<number>();
  const outcome = { ran: 0, thrown: false, done: false };
  const handle = (hop: number): Observable<number> => {
    outcome.ran++;
    if (hop + 1 < hops) tasks$.next(hop + 1);
    else outcome.done = true;
    return of(hop);
  };
  tasks$.pipe(mergeMap(handle, workers)).subscribe({ error: () => (outcome.thrown = true) });
  try {
    tasks$.next(0);
  } catch {
    outcome.thrown = true;
  }
  return outcome;
};

/** The same loop in a flow. */
const ours = async (hops: number, answer: () => unknown, options = {}): Promise<{ ran: number; status: string }> => {
  let ran = 0;
  const s: Sketch = {
    slots: {
      trigger: ({ hop = 0 }, ctx) => {
        ran++;
        if (Number(hop) + 1 < hops) ctx.emit('o', { hop: Number(hop) + 1 });
        return answer();
      },
    },
  };
  const { status } = await flowOf({ s }, ['s.o -> s.trigger'], options).execute('s');
  return { ran, status };
};

describe('a feedback loop of synchronous tasks (rule 1)', () => {
  it('should run ten hops the naive way: the control works', () => {
    expect(naive(10, 1)).toEqual({ ran: 10, thrown: false, done: true });
  });

  it('should not survive 100,000 hops the naive way: it ends silently or overflows', () => {
    const { ran, done } = naive(100_000, 1);
    expect(done).toBe(false);
    expect(ran).toBeLessThan(10_000);
  });

  it.each([
    ['nothing', (): unknown => undefined],
    ['a stream that answers at once', (): unknown => of(1)],
  ])('should run 100,000 hops in a flow whose handler returns %s (X, SC016)', async (_, answer) => {
    expect(await ours(100_000, answer)).toEqual({ ran: 100_000, status: 'completed' });
    expect(await ours(100_000, answer, { maxWorkers: 16 })).toEqual({ ran: 100_000, status: 'completed' });
  });

  it('should run 20,000 hops of promises', async () => {
    expect(await ours(20_000, () => Promise.resolve())).toEqual({ ran: 20_000, status: 'completed' });
  });

  it('should not grow the stack from hop to hop', async () => {
    const depths: number[] = [];
    const depth = (): void => {
      const { stackTraceLimit } = Error;
      Error.stackTraceLimit = 1_000;
      depths.push((new Error().stack ?? '').split('\n').length);
      Error.stackTraceLimit = stackTraceLimit;
    };
    await ours(200, depth);
    expect(depths).toHaveLength(200);
    expect(Math.max(...depths) - Math.min(...depths)).toBeLessThan(10);
  });

  it('should take 100,000 tasks that wait at once, each once and in order (rule 1)', async () => {
    const seen: number[] = [];
    const s: Sketch = {
      slots: {
        trigger: (_, ctx) => {
          for (let n = 0; n < 100_000; n++) ctx.emit('o', { n });
        },
      },
    };
    const t: Sketch = { slots: { i: forward } };
    const d: Sketch = { slots: { i: noting(seen, ({ n }) => Number(n)) } };
    await flowOf({ s, t, d }, ['s.o -> t.i', 't.o -> d.i']).execute('s');
    expect(seen).toHaveLength(100_000);
    expect(seen.every((n, at) => n === at)).toBe(true);
  });
});
