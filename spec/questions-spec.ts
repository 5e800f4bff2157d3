import { map, takeLast } from 'rxjs';
import * as t from 'io-ts';
import {
  type Context,
  ErrorHandler,
  type Flow,
  type FlowOptions,
  type Handler,
  type Job,
  JobState,
  Routine,
  type Wait,
  type WaitForOptions,
  type WaitPlace,
} from '../lib/index.js';
import { fromOperator } from '../lib/rx/index.js';
import { testFlow } from '../lib/testing/index.js';
import { workingClock } from './support/callingClock.js';
import { flowOf, recordsOf, type Sketch } from './support/flows.js';
import { refusalOf } from './support/refusalOf.js';
import { virtualTime } from './support/virtualTime.js';

/** `s` does what `trigger` says; its slot `told` and `t`, which its event `o` leads to, note what comes and when. */
const asking = (
  trigger: Handler,
  options: FlowOptions = {},
  more: Readonly<Record<string, Sketch>> = {},
  links: string[] = [],
) => {
  const time = virtualTime();
  const got: unknown[] = [];
  const note =
    (place: string): Handler =>
    (data) =>
      void got.push([place, { ...data }, time.scheduler.now()]);
  const make = (changed: FlowOptions = {}): Flow =>
    flowOf(
      {
        s: { slots: { trigger, told: note('s.told') }, events: ['o', 'late'] },
        t: { slots: { i: note('t.i'), late: note('t.late') } },
        ...more,
      },
      ['s.o -> t.i', 's.late -> t.late', ...links],
      { flowId: 'asking', scheduler: time.scheduler, ...options, ...changed },
    );
  return { time, got, make, flow: make() };
};

const once =
  (to: WaitPlace, options: WaitForOptions = {}): Handler =>
  (_, ctx) =>
    void ctx.waitFor(to, options);

/** A job that has asked, and its token. */
const started = async (scene: ReturnType<typeof asking>) => {
  const job = scene.flow.start('s', {}, { jobId: 'j' });
  await scene.time.advance(1);
  return job;
};

const codeOf = async (call: () => unknown): Promise<unknown> => {
  const error = await refusalOf(call);
  return typeof error === 'string' ? error : (error as { code?: unknown }).code;
};

describe('ctx.waitFor', () => {
  it('should park the job, without a worker, and emit the answer on the event that it names', async () => {
    const scene = asking(once('o', { question: 'Ship it?', data: { order: 7 } }));
    const job = await started(scene);
    expect(job.waits).toEqual([
      { token: 'j:0.0#0', routineId: 's', event: 'o', question: 'Ship it?', data: { order: 7 }, since: new Date(0) },
    ]);
    expect([job.status, scene.time.timers, scene.got]).toEqual(['running', 0, []]);
    await scene.time.advance(1e9);
    job.answer('j:0.0#0', 'yes', { by: 'Ada' });
    await scene.time.exhaust();
    expect(scene.got).toEqual([['t.i', { answer: 'yes', token: 'j:0.0#0', by: 'Ada' }, 1e9 + 1]]);
    expect([job.status, job.waits]).toEqual(['completed', []]);
  });

  it('should bring the answer to a slot of its own, with the data of the question', async () => {
    const scene = asking(once({ slot: 'told' }, { data: { order: 7 } }));
    const job = await started(scene);
    expect(job.waits).toEqual([{ token: 'j:0.0#0', routineId: 's', slot: 'told', data: { order: 7 }, since: new Date(0) }]);
    job.answer('j:0.0#0', 3);
    await scene.time.exhaust();
    expect(scene.got).toEqual([['s.told', { answer: 3, token: 'j:0.0#0', data: { order: 7 } }, 1]]);
    expect(job.status).toBe('completed');
  });

  it('should take an event itself for a place, and give its token: its own, or one by number', async () => {
    const tokens: string[] = [];
    const scene = asking((_, ctx) => {
      const routine = ctx.flow.routines.get('s') as Routine;
      tokens.push(ctx.waitFor(routine.event('o') as never), ctx.waitFor('o', { token: 'mine' }), ctx.waitFor('o'));
    });
    const job = await started(scene);
    expect(tokens).toEqual(['j:0.0#0', 'mine', 'j:0.0#2']);
    expect(job.waits.map(({ token }) => token)).toEqual(tokens);
    await job.cancel();
  });

  it.each<[string, number, unknown[]]>([
    ['the same place', 0, ['t.i', { token: 'q' }, 500]],
    ['another event', 1, ['t.late', { token: 'q' }, 500]],
    ['the slot, with the data', 2, ['s.told', { token: 'q', data: { order: 7 } }, 500]],
    ['another event in place of the slot', 3, ['t.late', { token: 'q' }, 500]],
  ])('should be closed after its timeout, which goes to %s', async (_, which, expected) => {
    const common = { token: 'q', timeoutMs: 500, data: { order: 7 } };
    const scene = asking(
      [
        once('o', common),
        once('o', { ...common, timeoutEvent: 'late' }),
        once({ slot: 'told' }, common),
        once({ slot: 'told' }, { ...common, timeoutEvent: 'late' }),
      ][which] as Handler,
    );
    const job = await started(scene);
    expect(job.waits).toMatchObject([{ token: 'q', until: new Date(500) }]);
    await scene.time.exhaust();
    expect([scene.got, job.status]).toEqual([[expected], 'completed']);
    expect(
      await codeOf(() => {
        job.answer('q');
      }),
    ).toBe('UNKNOWN_TOKEN');
  });

  it('should stop its timer when it is answered', async () => {
    const scene = asking(once('o', { token: 'q', timeoutMs: 500 }));
    const job = await started(scene);
    expect(scene.time.timers).toBe(1);
    job.answer('q');
    await scene.time.exhaust();
    expect([scene.got, scene.time.scheduler.now(), scene.time.timers]).toEqual([
      [['t.i', { answer: undefined, token: 'q' }, 1]],
      1,
      0,
    ]);
  });

  it('should wait longer than any timer of the platform can, also under marbles', () =>
    testFlow(
      async (test) => {
        const trigger = once('o', { token: 'q', timeoutMs: 3_000_000_000 });
        const flow = flowOf({ s: { slots: { trigger } }, t: { slots: { i: undefined } } }, ['s.o -> t.i'], test.flowOptions);
        test.expectJob(test.start(flow, 's')).toBe({ 'starts t': '3000000000ms (a|)' }, { a: { token: 'q' } });
        await test.flush();
      },
      { horizonMs: 1e10 },
    ));

  it('should count when its attempt succeeds, whatever the emitMode', async () => {
    for (const emitMode of ['immediate', 'commit'] as const) {
      const seen: number[] = [];
      const scene = asking(
        async (_, ctx) => {
          ctx.waitFor('o', { token: `try ${String(ctx.attempt)}` });
          await scene.time.sleep(5);
          seen.push(ctx.job.waits.length);
          if (ctx.attempt === 1) throw new Error('once');
        },
        { emitMode, errorHandler: new ErrorHandler({ strategy: 'retry', delayMs: 0 }) },
      );
      const job = scene.flow.start('s');
      await scene.time.advance(20);
      expect([seen, job.waits.map(({ token }) => token)]).toEqual([[0, 0], ['try 2']]);
      await job.cancel();
    }
  });

  it('should count only when what its task tracks has settled, and not if that is rejected', async () => {
    for (const fails of [false, true]) {
      const scene = asking(
        (_, ctx) => {
          ctx.waitFor('o', { token: 'q' });
          void ctx.track(
            scene.time.sleep(10).then(() => {
              if (fails) throw new Error('no');
            }),
          );
        },
        { errorHandler: new ErrorHandler({ strategy: 'continue' }) },
      );
      const job = await started(scene);
      expect(job.waits).toEqual([]);
      await scene.time.advance(20);
      expect([job.waits.length, job.status]).toEqual(fails ? [0, 'completed'] : [1, 'running']);
      if (!fails) await job.cancel();
    }
  });

  it('should count at once if the task has succeeded long ago', async () => {
    let kept: Context | undefined;
    const scene = asking((_, ctx) => {
      kept = ctx;
      ctx.waitFor('o');
    });
    const job = await started(scene);
    const token = kept?.waitFor('o', { timeoutMs: 10 });
    expect(job.waits.map((wait) => wait.token)).toEqual(['j:0.0#0', token]);
    expect(token).toBe('j:0.0#1');
    await scene.time.exhaust();
    expect(job.waits.map((wait) => wait.token)).toEqual(['j:0.0#0']);
    await job.cancel();
  });

  it.each<[string, string, WaitPlace, unknown]>([
    ['an unknown event', 'UNKNOWN_EVENT', 'nowhere', {}],
    ['an unknown slot', 'UNKNOWN_SLOT', { slot: 'nowhere' }, {}],
    ['a place that is none', 'UNKNOWN_EVENT', 5 as never, {}],
    ['an unknown timeoutEvent', 'UNKNOWN_EVENT', 'o', { timeoutEvent: 'nowhere', timeoutMs: 5 }],
    ['a timeout of 0', 'BAD_OPTION', 'o', { timeoutMs: 0 }],
    ['a timeout that is no number', 'BAD_OPTION', 'o', { timeoutMs: '5' }],
    ['a timeout that no Date can tell', 'BAD_OPTION', 'o', { timeoutMs: 8.64e15 + 1 }],
    ['a token that is empty', 'BAD_OPTION', 'o', { token: '' }],
    ['a token that is no string', 'BAD_OPTION', 'o', { token: 5 }],
    ['a schema that is none', 'BAD_OPTION', 'o', { schema: 5 }],
    ['data that is no plain object', 'BAD_PAYLOAD', 'o', { data: [1] }],
    ['an unknown option', 'BAD_OPTION', 'o', { timeout: 5 }],
    ['no options', 'BAD_OPTION', 'o', 5],
  ])('should refuse %s with %s, and ask nothing', async (_, code, to, options) => {
    const codes: unknown[] = [];
    const scene = asking(async (__, ctx) => {
      codes.push(await codeOf(() => ctx.waitFor(to, options as WaitForOptions)));
    });
    const job = await started(scene);
    expect([codes, job.status]).toEqual([[code], 'completed']);
  });

  it('should refuse a question that cannot be written down where a snapshot may have to hold it', async () => {
    const codes: unknown[] = [];
    const scene = asking(
      async (_, ctx) => {
        codes.push(await codeOf(() => ctx.waitFor('o', { question: () => 1 })));
      },
      { emitMode: 'commit' },
    );
    await started(scene);
    expect(codes).toEqual(['NOT_SERIALISABLE']);
  });

  it('should be refused by a handler that is called directly', async () => {
    const slot = new Routine().defineSlot('i', (_, ctx) => void ctx.waitFor('o'));
    expect(await codeOf(() => slot.receive({}))).toBe('NO_CONTEXT');
  });

  it('should keep what is asked apart from who asks and who reads', async () => {
    const question = { text: 'Ship it?', at: new Date(7) };
    const change = (asked: typeof question): void => {
      asked.text = 'changed';
      asked.at.setTime(8);
    };
    const scene = asking((_, ctx) => {
      ctx.waitFor('o', { question, data: question });
      change(question);
    });
    const job = await started(scene);
    change(job.waits[0]?.question as typeof question);
    const expected = { text: 'Ship it?', at: new Date(7) };
    expect(job.waits).toMatchObject([{ question: expected, data: expected }]);
    await job.cancel();
  });
});

describe('a token', () => {
  it('should stand for one question at a time: a second one fails its task without a retry', async () => {
    const attempts: number[] = [];
    const scene = asking(
      (data, ctx) => {
        attempts.push(ctx.attempt);
        if (data['n'] === undefined) ctx.emit('late', { n: 1 });
        ctx.waitFor('o', { token: 'q' });
      },
      { errorHandler: new ErrorHandler({ strategy: 'retry', delayMs: 0, then: 'continue' }) },
      {},
      ['s.late -> s.trigger'],
    );
    const job = await started(scene);
    expect([attempts, job.waits.length]).toEqual([[1, 1], 1]);
    expect(job.state.routineState('s')).toMatchObject({
      status: 'error_continued',
      error: expect.stringContaining("'q'") as string,
    });
    await job.cancel();
  });

  it('should be refused to the second of two handlers at work that ask under it: it fails when it succeeds', async () => {
    const scene = asking(
      async (data, ctx) => {
        if (data['n'] === undefined) {
          ctx.emit('late', { n: 1 });
          ctx.emit('late', { n: 2 });
          return;
        }
        ctx.waitFor('o', { token: 'q', question: data['n'] });
        await scene.time.sleep(5);
      },
      { maxWorkers: 4, errorHandler: new ErrorHandler({ strategy: 'retry', then: 'skip' }) },
      {},
      ['s.late -> s.trigger'],
    );
    const job = await started(scene);
    await scene.time.advance(10);
    expect(job.waits).toMatchObject([{ token: 'q', question: 1 }]);
    expect(job.state.routineState('s')).toMatchObject({ status: 'skipped' });
    await job.cancel();
  });

  it('should take no retry from another failure of its task, if its refusal was caught', async () => {
    const attempts: number[] = [];
    const scene = asking(
      async (_, ctx) => {
        attempts.push(ctx.attempt);
        ctx.waitFor('o', { token: 'q' });
        await codeOf(() => ctx.waitFor('o', { token: 'q' }));
        if (ctx.attempt < 3) throw new Error('network');
      },
      { errorHandler: new ErrorHandler({ strategy: 'retry', delayMs: 0 }) },
    );
    const job = await started(scene);
    expect([attempts, job.waits.length]).toEqual([[1, 2, 3], 1]);
    await job.cancel();
  });

  it('should be refused twice within one attempt, and let its handler go on', async () => {
    const codes: unknown[] = [];
    const scene = asking(async (_, ctx) => {
      ctx.waitFor('o', { token: 'q' });
      codes.push(await codeOf(() => ctx.waitFor('o', { token: 'q' })));
    });
    const job = await started(scene);
    expect([codes, job.waits.length]).toEqual([['TOKEN_IN_USE'], 1]);
    await job.cancel();
  });

  it('should stand for another question once it is answered', async () => {
    const scene = asking((data, ctx) => void ctx.waitFor(data['answer'] === 'again' ? 'late' : 'o', { token: 'q' }), {}, {}, [
      's.o -> s.trigger',
    ]);
    const job = await started(scene);
    job.answer('q', 'again');
    await scene.time.advance(1);
    expect(job.waits).toMatchObject([{ token: 'q', event: 'late' }]);
    job.answer('q', 'enough');
    await scene.time.exhaust();
    expect(
      await codeOf(() => {
        job.answer('q');
      }),
    ).toBe('ALREADY_ANSWERED');
    expect(job.status).toBe('completed');
  });
});

describe('job.answer', () => {
  it('should answer each question once: the second time, an unknown one, and one of a job that has ended are refused', async () => {
    const scene = asking((_, ctx) => {
      ctx.waitFor('o', { token: 'a' });
      ctx.waitFor('o', { token: 'b' });
    });
    const job = await started(scene);
    job.answer('a', 1);
    expect(
      await refusalOf(() => {
        job.answer('a', 2);
      }),
    ).toMatchObject({ code: 'ALREADY_ANSWERED', details: { jobId: 'j', token: 'a' } });
    expect(
      await refusalOf(() => {
        job.answer('c', 2);
      }),
    ).toMatchObject({ code: 'UNKNOWN_TOKEN', details: { open: ['b'] } });
    await scene.time.advance(1);
    expect(job.status).toBe('running');
    await job.cancel();
    expect(
      await codeOf(() => {
        job.answer('b', 2);
      }),
    ).toBe('UNKNOWN_TOKEN');
    expect(
      await codeOf(() => {
        job.answer('a', 2);
      }),
    ).toBe('ALREADY_ANSWERED');
    expect([scene.got.length, job.waits]).toEqual([1, []]);
  });

  it.each<[string, unknown, unknown]>([
    ['a token that is no string', 5, {}],
    ['a name that is no string', 'q', { by: 5 }],
    ['an unknown option', 'q', { from: 'Ada' }],
  ])('should refuse %s with BAD_OPTION', async (_, token, options) => {
    const scene = asking(once('o', { token: 'q' }));
    const job = await started(scene);
    expect(
      await codeOf(() => {
        job.answer(token as string, 1, options as never);
      }),
    ).toBe('BAD_OPTION');
    expect(job.waits).toHaveLength(1);
    await job.cancel();
  });

  it('should let a codec read the answer, and refuse what does not fit: the question stays open', async () => {
    const schema = t.type({ count: t.number });
    const scene = asking(once('o', { token: 'q', schema }));
    const job = await started(scene);
    expect(
      await refusalOf(() => {
        job.answer('q', { count: 'many' });
      }),
    ).toMatchObject({
      code: 'ANSWER_MISMATCH',
      details: { token: 'q', mismatches: [{ path: 'count', expected: 'number', value: 'many' }] },
    });
    expect(job.waits).toMatchObject([{ schema }]);
    job.answer('q', { count: 3 });
    await scene.time.exhaust();
    expect(scene.got).toEqual([['t.i', { answer: { count: 3 }, token: 'q' }, 1]]);
  });

  it('should not check a JSON Schema, which is for whoever answers', async () => {
    const schema = { type: 'number' };
    const scene = asking(once('o', { token: 'q', schema }));
    const job = await started(scene);
    expect(job.waits).toMatchObject([{ schema }]);
    job.answer('q', 'text');
    await scene.time.exhaust();
    expect(job.status).toBe('completed');
  });

  it('should keep the answer to a paused job, and use it on resume', async () => {
    const scene = asking(once('o', { token: 'q' }));
    const job = await started(scene);
    await job.pause();
    job.answer('q', 'yes');
    await scene.time.advance(100);
    expect([scene.got, job.waits, job.state.pendingTasks.map(({ data }) => data)]).toEqual([
      [],
      [],
      [{ answer: 'yes', token: 'q' }],
    ]);
    job.resume();
    await scene.time.exhaust();
    expect([scene.got, job.status]).toEqual([[['t.i', { answer: 'yes', token: 'q' }, 101]], 'completed']);
  });

  it('should end the job if nothing takes the answer', async () => {
    const time = virtualTime();
    const flow = flowOf({ s: { slots: { trigger: once('o', { token: 'q' }) } } }, [], { scheduler: time.scheduler });
    const job = flow.start('s');
    await time.advance(1);
    expect(job.status).toBe('running');
    job.answer('q');
    expect(await job.done).toMatchObject({ status: 'completed' });
  });

  it('should be refused where there is no room, and leave the question open', async () => {
    const scene = asking(
      (_, ctx) => {
        ctx.waitFor('o', { token: 'q' });
        ctx.emit('o', {}, { delayMs: 50 });
      },
      { maxQueued: 1, overflow: 'error' },
    );
    const job = await started(scene);
    expect(
      await codeOf(() => {
        job.answer('q');
      }),
    ).toBe('QUEUE_FULL');
    expect(job.waits).toHaveLength(1);
    await scene.time.advance(60);
    job.answer('q');
    await scene.time.exhaust();
    expect(job.status).toBe('completed');
  });

  it('should come once if a getter of the answer, or a codec, answers first (D31)', async () => {
    const held: { job?: Job } = {};
    const sly = new t.Type<unknown, unknown, unknown>(
      'sly',
      (value): value is unknown => value !== undefined,
      (value) => {
        if (value === 'outer') held.job?.answer('q', 'inner');
        return t.success(value);
      },
      (value) => value,
    );
    const scene = asking(once('o', { token: 'q', schema: sly }));
    const job = (held.job = await started(scene));
    expect(
      await codeOf(() => {
        job.answer('q', 'outer');
      }),
    ).toBe('ALREADY_ANSWERED');
    await scene.time.exhaust();
    expect(scene.got).toEqual([['t.i', { answer: 'inner', token: 'q' }, 1]]);
  });

  it('should come too late if its question was answered and asked anew meanwhile (D31)', async () => {
    const held: { job?: Job; ctx?: Context } = {};
    const sly = new t.Type<unknown, unknown, unknown>(
      'sly',
      (value): value is unknown => value !== undefined,
      (value) => {
        if (value === 'outer') {
          held.job?.answer('q', 'inner');
          held.ctx?.waitFor('o', { token: 'q' });
        }
        return t.success(value);
      },
      (value) => value,
    );
    const scene = asking((_, ctx) => {
      held.ctx = ctx;
      ctx.waitFor('o', { token: 'q', schema: sly });
    });
    const job = (held.job = await started(scene));
    expect(
      await codeOf(() => {
        job.answer('q', 'outer');
      }),
    ).toBe('ALREADY_ANSWERED');
    expect(job.waits).toHaveLength(1);
    await job.cancel();
  });

  it('should come too late if the clock that is asked ends the job (D31)', async () => {
    const { scheduler, time, atNext } = workingClock('now');
    const flow = flowOf({ s: { slots: { trigger: once('o', { token: 'q' }) } } }, [], { scheduler });
    const job = flow.start('s');
    await time.advance(1);
    atNext(() => void job.cancel());
    expect(
      await codeOf(() => {
        job.answer('q');
      }),
    ).toBe('UNKNOWN_TOKEN');
    expect(job.status).toBe('cancelled');
  });
});

describe('a job with open questions', () => {
  it('should tell what is asked, answered and closed: records, waits$, and a copy for the state', async () => {
    const scene = asking((_, ctx) => {
      ctx.waitFor('o', { token: 'a', question: 'Ship it?' });
      ctx.waitFor('o', { token: 'b', timeoutMs: 50, timeoutEvent: 'late' });
    });
    const job = scene.flow.start('s');
    const records = recordsOf(job);
    const seen: string[] = [];
    job.waits$.subscribe({
      next: (waits: readonly Wait[]) => seen.push(waits.map(({ token }) => token).join('+')),
      complete: () => seen.push('end'),
    });
    await scene.time.advance(1);
    job.answer('a', 1, { by: 'Ada' });
    await scene.time.exhaust();
    expect(seen).toEqual(['', 'a+b', 'b', '', 'end']);
    expect(records.filter(({ type }) => /waiting|answered|expired|park/.test(type))).toMatchObject([
      { type: 'waiting', token: 'a', routineId: 's', event: 'o', question: 'Ship it?', since: new Date(0) },
      { type: 'waiting', token: 'b', until: new Date(50), timeoutEvent: 'late' },
      { type: 'parked' },
      { type: 'answered', token: 'a', by: 'Ada' },
      { type: 'unparked' },
      { type: 'parked' },
      { type: 'expired', token: 'b' },
      { type: 'unparked' },
    ]);
  });

  it('should tell of questions that are asked, and answered, while nothing is at work, and in a pause', async () => {
    let kept: Context | undefined;
    const time = virtualTime();
    const trigger: Handler = (_, ctx) => {
      kept = ctx;
      for (const token of ['a', 'b']) ctx.waitFor('o', { token });
    };
    const flow = flowOf({ s: { slots: { trigger } } }, [], { scheduler: time.scheduler });
    const job = flow.start('s');
    const seen: string[] = [];
    job.waits$.subscribe((waits) => seen.push(waits.map(({ token }) => token).join('+')));
    await time.advance(1);
    kept?.waitFor('o', { token: 'late' });
    await time.advance(1);
    job.answer('a');
    await time.advance(1);
    await job.pause();
    job.answer('b');
    await time.advance(1);
    expect(seen).toEqual(['', 'a+b', 'a+b+late', 'b+late', 'late']);
    await job.cancel();
  });

  it.each(['ends the job', 'asks under the same token', 'cancels the task that asks'] as const)(
    'should look again if the clock that is asked in a late question %s (D31)',
    async (what) => {
      let kept: Context | undefined;
      const { scheduler, time, atNext } = workingClock('now');
      const trigger: Handler = (_, ctx) => {
        kept = ctx;
        ctx.waitFor('o', { token: 'first', timeoutMs: 1_000 });
      };
      const flow = flowOf({ s: { slots: { trigger } } }, [], { scheduler });
      const job = flow.start('s');
      await time.advance(1);
      const ask = (question: string): string | undefined => kept?.waitFor('o', { token: 'q', question });
      atNext(
        {
          'ends the job': () => void job.cancel(),
          'asks under the same token': () => void ask('inner'),
          'cancels the task that asks': () => void Object.assign(kept as object, { stale: true }),
        }[what],
      );
      const code = await codeOf(() => ask('outer'));
      expect(code).toBe(
        {
          'ends the job': 'EMIT_AFTER_END',
          'asks under the same token': 'TOKEN_IN_USE',
          'cancels the task that asks': 'STALE_CONTEXT',
        }[what],
      );
      expect(job.waits.map(({ question }) => question)).toEqual(
        { 'ends the job': [], 'asks under the same token': [undefined, 'inner'], 'cancels the task that asks': [undefined] }[
          what
        ],
      );
      if (what !== 'ends the job') await job.cancel();
    },
  );

  it('should keep a JSON Schema apart as well, and refuse one that cannot be written down where a snapshot may have to hold it', async () => {
    const schema = { type: 'string' };
    const scene = asking((_, ctx) => {
      ctx.waitFor('o', { schema });
      schema.type = 'changed';
    });
    const job = await started(scene);
    (job.waits[0]?.schema as typeof schema).type = 'changed';
    expect(job.waits).toMatchObject([{ schema: { type: 'string' } }]);
    await job.cancel();
    const codes: unknown[] = [];
    const other = asking(
      async (_, ctx) => {
        codes.push(await codeOf(() => ctx.waitFor('o', { schema: { check: () => true } })));
      },
      { emitMode: 'commit' },
    );
    await started(other);
    expect(codes).toEqual(['NOT_SERIALISABLE']);
  });

  it('should be closed after a timeout that is shorter than the clock can tell', async () => {
    const time = virtualTime();
    time.scheduler.frame = 1.7e12;
    const flow = flowOf({ s: { slots: { trigger: once('o', { timeoutMs: 1e-4 }) } } }, [], { scheduler: time.scheduler });
    const job = flow.start('s');
    await time.exhaust();
    expect(job.status).toBe('completed');
  });

  it('should spend none of its timeout while it waits, and hold up neither a pause nor a shutdown (D47)', async () => {
    const scene = asking(once('o', { token: 'q' }), { executionTimeoutMs: 100 });
    const job = await started(scene);
    await scene.time.advance(1_000);
    expect((await job.pause()).status).toBe('paused');
    job.resume();
    await scene.time.advance(1_000);
    await scene.flow.shutdown();
    expect(job.state).toMatchObject({ status: 'paused', pausePoints: [{}, { reason: 'shutdown' }] });
    const again = scene.make().resume(JobState.fromJSON(job.snapshot()));
    await scene.time.advance(1_000);
    again.answer('q', 'yes');
    await scene.time.exhaust();
    expect([scene.got.length, again.status]).toEqual([1, 'completed']);
  });

  it('should spend it again on what an answer causes, though nobody watches (D47)', async () => {
    const scene = asking(
      once('o', { token: 'q' }),
      { executionTimeoutMs: 100 },
      { w: { slots: { i: () => scene.time.sleep(150) } } },
      ['s.o -> w.i'],
    );
    const job = await started(scene);
    await scene.time.advance(999);
    job.answer('q');
    await scene.time.exhaust();
    expect(job.state).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT' } });
    expect(job.state.updatedAt.getTime()).toBe(1_100);
  });

  it('should flush no operator before the last of them is closed (D27)', async () => {
    const scene = asking(once('o', { token: 'q' }));
    const count = fromOperator<object, { n: number }>('count', (source) =>
      source.pipe(
        map(() => ({ n: 1 })),
        takeLast(1),
      ),
    );
    scene.flow.addRoutine(count, 'c');
    scene.flow.connect('s', 'o', 'c', 'input');
    const job = scene.flow.start('s');
    const out: unknown[] = [];
    job.event$('c.output').subscribe((data) => out.push([data, scene.time.scheduler.now()]));
    await scene.time.advance(100);
    job.answer('q');
    await scene.time.exhaust();
    expect([out, job.status]).toEqual([[[{ n: 1 }, 100]], 'completed']);
  });

  it('should close a question whose time was over in a pause when it goes on, unless it was answered before', async () => {
    for (const answers of [false, true]) {
      const scene = asking(once('o', { token: 'q', timeoutMs: 50, timeoutEvent: 'late' }));
      const job = await started(scene);
      await job.pause();
      expect(scene.time.timers).toBe(0);
      await scene.time.advance(100);
      expect(job.waits).toHaveLength(1);
      if (answers) job.answer('q', 'late, but here');
      job.resume();
      await scene.time.exhaust();
      expect(scene.got).toEqual([
        answers ? ['t.i', { answer: 'late, but here', token: 'q' }, 101] : ['t.late', { token: 'q' }, 101],
      ]);
      expect(job.status).toBe('completed');
    }
  });

  it('should go on elsewhere with its questions, their times and the answers that were given, through JSON', async () => {
    const scene = asking((_, ctx) => {
      ctx.waitFor('o', { token: 'a', question: { text: 'Ship it?' }, data: { n: 1 }, schema: { type: 'string' } });
      ctx.waitFor({ slot: 'told' }, { token: 'b', timeoutMs: 300, timeoutEvent: 'late' });
      ctx.waitFor('o', { token: 'c' });
    });
    const job = await started(scene);
    job.answer('c', 1);
    await scene.time.advance(1);
    const text = JSON.stringify(job.snapshot());
    expect(JSON.parse(text)).toMatchObject({ version: 2, answered: ['c'] });
    const { waits } = job;
    await job.cancel();
    const state = JobState.fromJSON(text);
    expect(state.waits).toEqual(waits);
    expect(JSON.stringify(state)).toBe(text);
    await scene.time.advance(100);
    const again = scene.make().resume(state);
    expect([again.waits, again.state.waits]).toEqual([waits, waits]);
    await scene.time.advance(1);
    expect(
      await codeOf(() => {
        again.answer('c', 1);
      }),
    ).toBe('ALREADY_ANSWERED');
    again.answer('a', 'yes');
    await scene.time.exhaust();
    expect(scene.got.slice(1)).toEqual([
      ['t.i', { answer: 'yes', token: 'a' }, 103],
      ['t.late', { token: 'b' }, 300],
    ]);
    expect(again.status).toBe('completed');
  });

  it('should go on with them from a state that no JSON has held, under other names of the routines', async () => {
    const scene = asking(once('o', { token: 'q', timeoutMs: 300 }));
    const job = await started(scene);
    await job.pause();
    const other = flowOf(
      { x: { slots: { trigger: undefined } }, y: { slots: { i: (data) => void scene.got.push(data) } } },
      ['x.o -> y.i'],
      { flowId: 'asking', scheduler: scene.time.scheduler },
    );
    const again = other.resume(job.state, { remap: { s: 'x', t: 'y' } });
    expect(again.waits).toMatchObject([{ routineId: 'x' }]);
    await scene.time.exhaust();
    expect(scene.got).toEqual([{ token: 'q' }]);
    await job.cancel();
    expect(again.waits).toEqual([]);
  });

  it.each<[string, Readonly<Record<string, Sketch>>, string]>([
    ['the routine', { t: {} }, 'UNKNOWN_ROUTINE'],
    ['the event', { s: { events: ['late'], slots: { told: undefined } }, t: {} }, 'UNKNOWN_EVENT'],
    ['the event of the timeout', { s: { events: ['o'], slots: { told: undefined } }, t: {} }, 'UNKNOWN_EVENT'],
    ['the slot', { s: { events: ['o', 'late'] }, t: {} }, 'UNKNOWN_SLOT'],
  ])('should not be taken up by a flow that lacks %s of a question', async (_, sketches, code) => {
    const scene = asking((__, ctx) => {
      ctx.waitFor('o', { timeoutMs: 5, timeoutEvent: 'late' });
      ctx.waitFor({ slot: 'told' });
    });
    const job = await started(scene);
    const text = JSON.stringify(job.snapshot());
    await job.cancel();
    const other = flowOf(sketches, [], { flowId: 'asking' });
    const entry = new Routine();
    entry.defineSlot('trigger');
    other.addRoutine(entry, 'entry');
    expect(await codeOf(() => other.resume(JobState.fromJSON(text), { remap: {} }))).toBe(code);
  });

  it('should not be written down while a question has a codec, which names the place', async () => {
    const scene = asking(once('o', { token: 'q', schema: t.string }));
    const job = await started(scene);
    const error = await refusalOf(() => job.snapshot());
    expect(error).toMatchObject({
      code: 'NOT_SERIALISABLE',
      details: { path: expect.stringContaining('waits.0.schema') as string },
    });
    job.answer('q', 'yes');
    await scene.time.exhaust();
    expect(JobState.fromJSON(job.snapshot()).status).toBe('completed');
  });

  it('should be told of by a test that waits for nothing else', async () => {
    const error = await testFlow(async (test) => {
      const flow = flowOf({ s: { slots: { trigger: once('o', { token: 'q' }) } } }, [], test.flowOptions);
      await test.start(flow, 's').done;
    }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect((error as Error).message).toContain("'q'");
  });
});

describe('the JSON of a job with questions', () => {
  const snapshot = async (): Promise<Record<string, unknown>> => {
    const scene = asking(once('o', { token: 'q' }));
    const job = await started(scene);
    const json = JSON.parse(JSON.stringify(job.snapshot())) as Record<string, unknown>;
    await job.cancel();
    return json;
  };

  it.each<[string, (json: Record<string, unknown>, wait: Record<string, unknown>) => unknown, string]>([
    ['a token twice', (json, wait) => (json['waits'] = [wait, { ...wait }]), 'waits.1'],
    ['neither event nor slot', (_, wait) => delete wait['event'], 'waits.0'],
    ['an event and a slot', (_, wait) => (wait['slot'] = 'told'), 'waits.0'],
    ['a token that is no text', (_, wait) => (wait['token'] = 5), 'waits.0.token'],
    ['a time that is none', (_, wait) => (wait['until'] = 'soon'), 'waits.0.until'],
    ['an answered token that is no text', (json) => (json['answered'] = [5]), 'answered.0'],
    ['a question of a job that has ended', (json) => Object.assign(json, { status: 'completed', pendingTasks: [] }), 'waits.0'],
  ])('should be refused if it has %s', async (_, spoil, path) => {
    const json = await snapshot();
    spoil(json, (json['waits'] as Record<string, unknown>[])[0] as Record<string, unknown>);
    const error = await refusalOf(() => JobState.fromJSON(json));
    expect(error).toMatchObject({
      code: 'BAD_JSON',
      details: { mismatches: expect.arrayContaining([expect.objectContaining({ path })]) as unknown },
    });
  });

  it('should be read if it is of version 1, which had no questions', async () => {
    const json = await snapshot();
    delete json['waits'];
    json['version'] = 1;
    const state = JobState.fromJSON(json);
    expect([state.waits, state.toJSON().version]).toEqual([[], 2]);
  });
});
