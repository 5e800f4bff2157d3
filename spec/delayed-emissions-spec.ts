import { runInNewContext } from 'node:vm';
import { asyncScheduler, map, Subject, takeLast } from 'rxjs';
import {
  type Context,
  type Data,
  type EmitOptions,
  ErrorHandler,
  Flow,
  type FlowOptions,
  type Handler,
  type Job,
  type JobRecord,
  JobState,
  Routine,
} from '../lib/index.js';
import { feed, fromOperator, fromSource } from '../lib/rx/index.js';
import { testFlow } from '../lib/testing/index.js';
import { workingClock } from './support/callingClock.js';
import { flowOf, progressOf, recordsOf, sleep } from './support/flows.js';
import { refusalOf } from './support/refusalOf.js';
import { virtualTime } from './support/virtualTime.js';

/** Emits a payload each on `o`: numbered, and put off as the options say. */
const puttingOff =
  (...each: readonly EmitOptions[]): Handler =>
  (_, ctx) => {
    each.forEach((options, n) => {
      ctx.emit('o', { n }, options);
    });
  };

/** `s` emits what `trigger` says to `t`, whose handler notes when it was called with what. */
const reminders = (trigger: Handler, options: FlowOptions = {}) => {
  const time = virtualTime();
  const got: string[] = [];
  const note = ({ n }: Data): void => void got.push(`${String(n)} at ${time.scheduler.now()}`);
  const make = (): Flow =>
    flowOf({ s: { slots: { trigger } }, t: { slots: { i: note } } }, ['s.o -> t.i'], {
      flowId: 'reminders',
      scheduler: time.scheduler,
      ...options,
    });
  return { time, got, make, flow: make() };
};

const dueIn = (state: JobState): readonly (number | undefined)[] => state.pendingTasks.map(({ dueAt }) => dueAt?.getTime());

describe('ctx.emit with a delay', () => {
  it('should bring each task to its slot at its time, in due order, also under marbles', () =>
    testFlow(async (test) => {
      const flow = flowOf(
        {
          s: { slots: { trigger: puttingOff({ delayMs: 30 }, { delayMs: 10 }, {}, { at: new Date(20) }) } },
          t: { slots: { i: () => undefined } },
        },
        ['s.o -> t.i'],
        test.flowOptions,
      );
      const values = { a: { n: 0 }, b: { n: 1 }, c: { n: 2 }, d: { n: 3 } };
      test.expectJob(test.start(flow, 's')).toBe({ 'emits s': '(abcd) 24ms |', 'starts t': 'c 9ms b 9ms d 9ms (a|)' }, values);
      await test.flush();
    }));

  it.each<[string, EmitOptions]>([
    ['no delay', { delayMs: 0 }],
    ['neither', {}],
    ['what is undefined', { delayMs: undefined, at: undefined }],
    ['an instant that is past', { at: new Date(-1) }],
    ['this instant', { at: new Date(0) }],
  ])('should be as an emission without it for %s', async (_, options) => {
    const { time, got, flow } = reminders(puttingOff(options));
    const job = flow.start('s');
    const records = recordsOf(job);
    await time.exhaust();
    expect([got, job.status]).toEqual([['0 at 0'], 'completed']);
    expect(records.map(({ type }) => type)).not.toContain('taskDelayed');
  });

  it('should take the same time for a Date of another realm', async () => {
    const { time, got, flow } = reminders(puttingOff({ at: runInNewContext('new Date(15)') as Date }));
    flow.start('s');
    await time.exhaust();
    expect(got).toEqual(['0 at 15']);
  });

  it.each<[string, string, unknown]>([
    ['a delay below 0', 'delayMs', { delayMs: -1 }],
    ['a delay that is no number', 'delayMs', { delayMs: '5' }],
    ['NaN', 'delayMs', { delayMs: NaN }],
    ['a delay without an end', 'delayMs', { delayMs: Infinity }],
    ['a delay that no Date can tell', 'delayMs', { delayMs: 8.64e15 + 1 }],
    ['an instant that is a number', 'at', { at: 5 }],
    ['an instant that is null', 'at', { at: null }],
    ['an invalid Date', 'at', { at: new Date(NaN) }],
    ['both', 'at', { delayMs: 5, at: new Date(5) }],
    ['an unknown name', 'delay', { delay: 5 }],
    ['no options', 'options', 5],
  ])('should refuse %s with BAD_OPTION, and emit nothing', async (_, option, options) => {
    const errors: unknown[] = [];
    const trigger: Handler = async (__, ctx) => {
      errors.push(await refusalOf(() => void ctx.emit('o', { n: 0 }, options as EmitOptions)));
    };
    const { time, got, flow } = reminders(trigger);
    flow.start('s');
    await time.exhaust();
    expect(errors).toMatchObject([{ code: 'BAD_OPTION', details: { option } }]);
    expect(got).toEqual([]);
  });

  it('should wait longer than any timer of the platform can', () =>
    testFlow(
      async (test) => {
        const trigger = puttingOff({ delayMs: 3_000_000_000 });
        const flow = flowOf(
          { s: { slots: { trigger } }, t: { slots: { i: () => undefined } } },
          ['s.o -> t.i'],
          test.flowOptions,
        );
        test.expectJob(test.start(flow, 's')).toBe({ 'starts t': '3000000000ms (a|)' }, { a: { n: 0 } });
        await test.flush();
      },
      { horizonMs: 1e10 },
    ));

  it('should count from the call, also long after the handler has begun', async () => {
    const seen: { readonly called: number; readonly due: number }[] = [];
    const blockFor = (ms: number): void => {
      for (const until = performance.now() + ms; performance.now() < until;);
    };
    const emit = (ctx: Context): void => {
      const called = Date.now();
      ctx.emit('o', { n: seen.length }, { delayMs: 1_000 });
      const [due = 0] = dueIn(ctx.job).slice(-1) as number[];
      seen.push({ called, due });
    };
    const trigger: Handler = async (_, ctx) => {
      blockFor(20);
      emit(ctx);
      await sleep(20);
      blockFor(20);
      emit(ctx);
      ctx.cancel();
    };
    await flowOf({ s: { slots: { trigger } }, t: { slots: { i: undefined } } }, ['s.o -> t.i']).execute('s');
    // The clock of the flow and that of Date may differ by a few ms; a handler blocks for 20.
    for (const { called, due } of seen) expect(due - called).toBeGreaterThan(985);
    expect(seen).toHaveLength(2);
  });

  it('should set its timer by the clock of that moment: a handler may have worked for long since the last look', async () => {
    const delays: number[] = [];
    const schedule = jest.spyOn(asyncScheduler, 'schedule');
    const trigger: Handler = (_, ctx) => {
      for (const until = performance.now() + 30; performance.now() < until;);
      ctx.emit('o', {}, { delayMs: 1_000 });
      delays.push(...schedule.mock.calls.map(([, delay]) => delay as number).filter((delay) => delay > 900));
      ctx.cancel();
    };
    await flowOf({ s: { slots: { trigger } }, t: { slots: { i: undefined } } }, ['s.o -> t.i'], {
      executionTimeoutMs: Infinity,
      scheduler: asyncScheduler,
    }).execute('s');
    schedule.mockRestore();
    expect(delays).toEqual([expect.closeTo(1_000, -1.3)]);
  });

  it('should hold no worker: others work meanwhile', async () => {
    const { time, got, flow } = reminders(puttingOff({ delayMs: 10 }, {}, {}), { maxWorkers: 1 });
    flow.start('s');
    await time.exhaust();
    expect(got).toEqual(['1 at 0', '2 at 0', '0 at 10']);
  });

  it('should be emitted at once, and show what waits with its time: records, history, pending tasks, progress', async () => {
    const { time, flow } = reminders(puttingOff({ delayMs: 10 }, { delayMs: 5 }));
    const job = flow.start('s', {}, { jobId: 'j' });
    const records = recordsOf(job);
    await time.advance(1);
    expect(job.state.history().map(({ eventName, timestamp }) => [eventName, timestamp.getTime()])).toEqual([
      ['start', 0],
      ['o', 0],
      ['o', 0],
    ]);
    expect(job.state.pendingTasks).toMatchObject([
      { taskId: 'j:2.0', routineId: 't', slot: 'i', data: { n: 1 }, attempt: 1, dueAt: new Date(5) },
      { taskId: 'j:1.0', data: { n: 0 }, dueAt: new Date(10) },
    ]);
    expect(progressOf(job)).toBe('2/0');
    await time.exhaust();
    const told = records.map((record) => ('taskId' in record ? `${record.type} ${record.taskId}` : record.type));
    expect(told.filter((each) => !/routineSeen|takenIn|timed/.test(each))).toEqual([
      ...['started', 'taskQueued j:0.0', 'taskStarted j:0.0', 'emitted', 'taskDelayed j:1.0', 'emitted', 'taskDelayed j:2.0'],
      ...['taskSettled j:0.0', 'parked', 'unparked', 'taskQueued j:2.0', 'taskStarted j:2.0', 'taskSettled j:2.0'],
      ...['parked', 'unparked', 'taskQueued j:1.0', 'taskStarted j:1.0', 'taskSettled j:1.0', 'ended'],
    ]);
  });

  it('should make a task of each connection, under an id of its own', async () => {
    const got: string[] = [];
    const time = virtualTime();
    const note: Handler = (_, { taskId }) => void got.push(`${taskId} at ${time.scheduler.now()}`);
    const flow = flowOf(
      { s: { slots: { trigger: puttingOff({ delayMs: 5 }) } }, t: { slots: { i: note } }, u: { slots: { i: note } } },
      ['s.o -> t.i', 's.o -> u.i'],
      { scheduler: time.scheduler },
    );
    flow.start('s', {}, { jobId: 'j' });
    await time.exhaust();
    expect(got).toEqual(['j:1.0 at 5', 'j:1.1 at 5']);
  });

  it('should be tried again like any task', async () => {
    const time = virtualTime();
    const tries: string[] = [];
    const flaky: Handler = (_, { attempt }) => {
      tries.push(`${attempt} at ${time.scheduler.now()}`);
      if (attempt === 1) throw new Error('once');
    };
    const flow = flowOf({ s: { slots: { trigger: puttingOff({ delayMs: 5 }) } }, t: { slots: { i: flaky } } }, ['s.o -> t.i'], {
      scheduler: time.scheduler,
      errorHandler: new ErrorHandler({ strategy: 'retry', delayMs: 20 }),
    });
    const job = flow.start('s');
    await time.exhaust();
    expect([tries, job.status]).toEqual([['1 at 5', '2 at 25'], 'completed']);
  });

  it('should keep its time if the time of day is set meanwhile, either way', async () => {
    for (const set of [-1e9, 1e9]) {
      const { time, got, flow } = reminders(puttingOff({ delayMs: 10 }));
      const now = jest.spyOn(Date, 'now');
      flow.start('s');
      await time.advance(5);
      now.mockReturnValue(1.7e12 + set);
      await time.exhaust();
      now.mockRestore();
      expect(got).toEqual(['0 at 10']);
    }
  });

  it('should let a handler that has ended put something off, from a timer', async () => {
    const time = virtualTime();
    const got: number[] = [];
    const trigger: Handler = (_, ctx) => {
      time.scheduler.schedule(() => void ctx.emit('o', {}, { delayMs: 10 }), 5);
      ctx.emit('o', {}, { delayMs: 50 });
    };
    const flow = flowOf(
      { s: { slots: { trigger } }, t: { slots: { i: () => void got.push(time.scheduler.now()) } } },
      ['s.o -> t.i'],
      { scheduler: time.scheduler },
    );
    const job = flow.start('s');
    await time.exhaust();
    expect([got, job.status]).toEqual([[15, 50], 'completed']);
  });

  it('should be refused after the end of the job, and of an attempt that has failed', async () => {
    const errors: unknown[] = [];
    let kept: Context | undefined;
    const trigger: Handler = (_, ctx) => {
      kept = ctx;
    };
    const { time, flow } = reminders(trigger);
    flow.start('s');
    await time.exhaust();
    errors.push(await refusalOf(() => void kept?.emit('o', { n: 1 }, { delayMs: 5 })));
    expect(errors).toMatchObject([{ code: 'EMIT_AFTER_END' }]);
  });
});

describe('routine.emit with a delay', () => {
  class Poller extends Routine {
    readonly again = this.defineEvent<{ n: number }>('again');
    readonly trigger = this.defineSlot('trigger', () => {
      this.emit(this.again, { n: 1 }, { delayMs: 10 });
    });
    readonly poll = this.defineSlot('poll', ({ n }: { n: number }) => {
      if (n < 3) this.emit('again', { n: n + 1 }, { delayMs: 10 });
    });
  }

  it('should put off what it emits in the job at work', async () => {
    const time = virtualTime();
    const flow = new Flow({ scheduler: time.scheduler });
    const poller = new Poller();
    flow.addRoutine(poller, 'p');
    flow.connect(poller.again, poller.poll);
    const job = flow.start('p');
    const polled: number[] = [];
    job.slot$(poller.poll).subscribe(() => polled.push(time.scheduler.now()));
    await time.exhaust();
    expect([polled, job.status]).toEqual([[10, 20, 30], 'completed']);
  });

  it('should be refused outside any job, since nothing keeps it until then; without a delay it is delivered', async () => {
    const poller = new Poller();
    const flow = new Flow();
    flow.addRoutine(poller, 'p');
    for (const options of [{ delayMs: 5 }, { at: new Date() }, { flow, delayMs: 0 }])
      expect(await refusalOf(() => poller.emit('again', { n: 1 }, options))).toMatchObject({ code: 'NO_CONTEXT' });
    expect(await refusalOf(() => poller.emit('again', { n: 1 }, { flow }))).toBe('went through');
    expect(await refusalOf(() => poller.trigger.receive({}))).toMatchObject({ code: 'NO_CONTEXT' });
  });

  it('should be refused by the context of a handler that is called directly', async () => {
    const slot = new Routine().defineSlot('i', (_, ctx) => {
      ctx.emit('o', {}, { delayMs: 5 });
    });
    slot.routine.defineEvent('o');
    expect(await refusalOf(() => slot.receive({}))).toMatchObject({ code: 'NO_CONTEXT' });
  });
});

describe('a job with tasks that are put off', () => {
  it('should be quiet at once if it is paused, and keep their due times; what came due goes behind what waits (D20)', async () => {
    const { time, got, flow } = reminders((_, ctx) => {
      [30, 10, 60].forEach((delayMs, n) => void ctx.emit('o', { n }, { delayMs }));
      time.scheduler.schedule(() => void ctx.emit('o', { n: 9 }), 45);
    });
    const job = flow.start('s');
    await time.advance(5);
    expect((await job.pause()).pausePoints).toMatchObject([{ pendingTasks: 3 }]);
    expect([dueIn(job.state), time.timers]).toEqual([[10, 30, 60], 1]);
    await time.advance(45);
    job.resume();
    await time.exhaust();
    expect(got).toEqual(['9 at 50', '1 at 50', '0 at 50', '2 at 60']);
    expect(job.status).toBe('completed');
  });

  it('should keep the process no longer than it takes, paused or cancelled: no timer is left', async () => {
    for (const end of ['pause', 'cancel'] as const) {
      const { time, flow } = reminders(puttingOff({ delayMs: 30 }));
      const job = flow.start('s');
      await time.advance(5);
      await job[end]();
      expect([job.status, time.timers]).toEqual([end === 'pause' ? 'paused' : 'cancelled', 0]);
    }
  });

  it('should go on elsewhere with the same due times, through JSON', async () => {
    const { time, got, make, flow } = reminders(puttingOff({ delayMs: 30 }, { delayMs: 10 }, { delayMs: 60 }));
    const job = flow.start('s');
    await time.advance(5);
    const text = JSON.stringify(job.snapshot());
    await job.cancel();
    await time.advance(40);
    const again = make().resume(JobState.fromJSON(JSON.parse(text)));
    expect(dueIn(again.state)).toEqual([10, 30, 60]);
    await time.exhaust();
    expect([got, again.status]).toEqual([['1 at 45', '0 at 45', '2 at 60'], 'completed']);
  });

  it('should drop them when it is cancelled, each counted', async () => {
    const { time, got, flow } = reminders(puttingOff({ delayMs: 30 }, { delayMs: 10 }));
    const job = flow.start('s');
    await time.advance(5);
    await job.cancel();
    await time.exhaust();
    expect([got, job.state.metrics.flow().droppedTasks]).toEqual([[], 2]);
  });

  it('should be at rest if the last of them is cancelled by itself', async () => {
    const { time, got, flow } = reminders(puttingOff({ delayMs: 30 }, { delayMs: 10 }));
    const job = flow.start('s');
    await time.advance(5);
    for (const { taskId } of job.state.pendingTasks) expect(job.cancelTask(taskId)).toBe(true);
    await time.exhaust();
    expect([got, job.status, job.state.metrics.flow().droppedTasks]).toEqual([[], 'completed', 2]);
  });

  it("should have them emitted only if the attempt succeeds, with emitMode 'commit', due from the call on", async () => {
    const time = virtualTime();
    const got: string[] = [];
    const trigger: Handler = async (_, ctx) => {
      ctx.emit('o', { n: ctx.attempt }, { delayMs: 10 });
      ctx.emit('o', { n: ctx.attempt * 10 }, { delayMs: 3 });
      await time.sleep(5);
      if (ctx.attempt === 1) throw new Error('once');
    };
    const flow = flowOf(
      { s: { slots: { trigger } }, t: { slots: { i: ({ n }) => void got.push(`${String(n)} at ${time.scheduler.now()}`) } } },
      ['s.o -> t.i'],
      {
        scheduler: time.scheduler,
        emitMode: 'commit',
        errorHandler: new ErrorHandler({ strategy: 'retry', delayMs: 100 }),
      },
    );
    const job = flow.start('s');
    await time.advance(4);
    expect(job.state.pendingTasks).toEqual([]);
    await time.exhaust();
    // The second attempt begins at 105: its emissions are due at 115 and 108, and count from 110 on.
    expect([got, job.status]).toEqual([['20 at 110', '2 at 115'], 'completed']);
  });
});

describe('limits and tasks that are put off', () => {
  const full = (overflow: 'error' | 'dropOldest' | 'dropNewest', maxQueued: number, of: 'job' | 'slot') => {
    const time = virtualTime();
    const got: unknown[] = [];
    const refused: unknown[] = [];
    const trigger: Handler = (_, ctx) => {
      [30, 10, 20, 0].forEach((delayMs, n) => {
        try {
          ctx.emit('o', { n }, { delayMs });
        } catch (error) {
          refused.push([n, (error as { code: string }).code]);
        }
      });
    };
    const limit = { maxQueued, overflow } as const;
    const flow = flowOf(
      {
        s: { slots: { trigger } },
        t: { slots: { i: [({ n }) => void got.push(n), of === 'slot' ? limit : {}] } },
      },
      ['s.o -> t.i'],
      { scheduler: time.scheduler, ...(of === 'job' ? limit : {}) },
    );
    return { time, flow, got, refused };
  };

  it.each<['error' | 'dropOldest' | 'dropNewest', unknown[], unknown[], number]>([
    [
      'error',
      [1, 0],
      [
        [2, 'QUEUE_FULL'],
        [3, 'QUEUE_FULL'],
      ],
      0,
    ],
    ['dropOldest', [3, 2], [], 2],
    ['dropNewest', [1, 0], [], 2],
  ])('should count them as waiting, of a job and of a slot: %s', async (overflow, done, errors, dropped) => {
    for (const of of ['job', 'slot'] as const) {
      const { time, flow, got, refused } = full(overflow, 2, of);
      const job = flow.start('s');
      await time.exhaust();
      expect([got, refused, job.state.metrics.flow().droppedTasks, job.status]).toEqual([done, errors, dropped, 'completed']);
    }
  });

  it('should run or drop each task once, also where one that has come due makes room for another that has (D20)', async () => {
    const time = virtualTime();
    const got: unknown[] = [];
    const trigger: Handler = (_, ctx) => {
      ctx.emit('o', { n: 'A' }, { delayMs: 10 });
      ctx.emit('o', { n: 'B' }, { delayMs: 11 });
      ctx.emit('o', { n: 'W' });
      ctx.emitDeferred('o', { n: 'D' });
      void ctx.pause();
    };
    const flow = flowOf({ s: { slots: { trigger } }, t: { slots: { i: ({ n }) => void got.push(n) } } }, ['s.o -> t.i'], {
      scheduler: time.scheduler,
      maxQueued: 3,
      overflow: 'dropOldest',
    });
    const job = flow.start('s');
    const records = recordsOf(job);
    await time.advance(50);
    job.resume();
    await time.exhaust();
    const settled = records.flatMap((record) => (record.type === 'taskSettled' ? [record.taskId] : []));
    expect([new Set(settled).size, settled.length]).toEqual([5, 5]);
    expect(got.length + job.state.metrics.flow().droppedTasks).toBe(4);
  });

  it('should make room when one of them has gone through its slot, and when one is cancelled', async () => {
    const time = virtualTime();
    const codes: string[] = [];
    let kept: Context | undefined;
    const trigger: Handler = (_, ctx) => {
      kept = ctx;
      ctx.emit('o', { n: 0 }, { delayMs: 10 });
      ctx.emit('o', { n: 1 }, { delayMs: 50 });
    };
    const flow = flowOf({ s: { slots: { trigger } }, t: { slots: { i: undefined } } }, ['s.o -> t.i'], {
      scheduler: time.scheduler,
      maxQueued: 2,
      overflow: 'error',
    });
    const job = flow.start('s');
    const tryOne = async (): Promise<void> => {
      const error = await refusalOf(() => void kept?.emit('o', { n: 9 }, { delayMs: 30 }));
      codes.push(typeof error === 'string' ? error : (error as { code: string }).code);
    };
    await time.advance(5);
    await tryOne();
    await time.advance(10);
    await tryOne();
    await tryOne();
    job.cancelTask(job.state.pendingTasks[0]?.taskId as string);
    await tryOne();
    expect(codes).toEqual(['QUEUE_FULL', 'went through', 'QUEUE_FULL', 'went through']);
    await time.exhaust();
    expect(job.status).toBe('completed');
  });

  it('should go on counting them if deferred events pass first at a resume', async () => {
    const time = virtualTime();
    let kept: Context | undefined;
    const trigger: Handler = (_, ctx) => {
      kept = ctx;
      ctx.emit('o', { n: 0 }, { delayMs: 50 });
      ctx.emitDeferred('o', { n: 1 });
      void ctx.pause();
    };
    const flow = flowOf(
      { s: { slots: { trigger } }, t: { slots: { i: [undefined, { maxQueued: 1, overflow: 'error' }] } } },
      ['s.o -> t.i'],
      { scheduler: time.scheduler },
    );
    const job = flow.start('s');
    await time.advance(5);
    job.resume();
    await time.advance(5);
    expect(await refusalOf(() => void kept?.emit('o', { n: 2 }))).toMatchObject({ code: 'QUEUE_FULL' });
    await time.exhaust();
    expect(job.status).toBe('completed');
  });

  it('should hold up no source that can wait: what waits for its time is no backlog, unless a limit says so', async () => {
    const count = async (options: FlowOptions): Promise<number> => {
      const time = virtualTime();
      let read = 0;
      const source = function* () {
        for (; read < 1_000; read++) yield { n: read };
      };
      const flow = flowOf(
        { t: { slots: { i: (data, ctx) => ctx.emit('o', data, { delayMs: 60_000 }) } }, u: { slots: { i: undefined } } },
        ['t.o -> u.i'],
        {
          scheduler: time.scheduler,
          ...options,
        },
      );
      flow.addRoutine(fromSource('numbers', source), 's');
      flow.connect('s', 'output', 't', 'i');
      const job = flow.start('s');
      await time.advance(1_000);
      await job.cancel();
      return read;
    };
    expect(await count({})).toBe(1_000);
    expect(await count({ maxQueued: 20, overflow: 'block' })).toBeLessThan(50);
  });
});

describe('a parked job (D47)', () => {
  const typesOf = (records: readonly JobRecord[]): readonly string[] =>
    records.map(({ type }) => type).filter((type) => /park|ended|paused|resumed/.test(type));

  it('should spend none of its timeout while all that it has left waits for its time', async () => {
    const { time, got, flow } = reminders(puttingOff({ delayMs: 500 }, { delayMs: 900 }), { executionTimeoutMs: 100 });
    const job = flow.start('s');
    await time.exhaust();
    expect([got, job.status]).toEqual([['0 at 500', '1 at 900'], 'completed']);
  });

  it('should spend it on all that it does: before, between and after', async () => {
    const time = virtualTime();
    const work = async (data: Data, ctx: Context): Promise<void> => {
      await time.sleep(40);
      if (data['n'] !== 2) ctx.emit('o', { n: Number(data['n'] ?? 0) + 1 }, { delayMs: 1_000 });
    };
    const make = (): Flow => flowOf({ s: { slots: { trigger: work } } }, ['s.o -> s.trigger'], { scheduler: time.scheduler });
    const [enough, late] = [130, 110].map((timeoutMs) => make().start('s', {}, { timeoutMs })) as [Job, Job];
    await time.exhaust();
    expect(enough.status).toBe('completed');
    expect(late.state).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT' } });
    expect(late.state.updatedAt.getTime()).toBe(40 + 1_000 + 40 + 1_000 + 30);
  });

  it('should not be parked while a retry waits: a retry delay counts as before', async () => {
    const { time, flow } = reminders(
      (_, ctx) => {
        ctx.emit('o', { n: 0 }, { delayMs: 5_000 });
        throw new Error('no');
      },
      { executionTimeoutMs: 1_000, errorHandler: new ErrorHandler({ strategy: 'retry', delayMs: 2_000 }) },
    );
    const job = flow.start('s');
    await time.exhaust();
    expect(job.state).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT' } });
    expect(job.state.updatedAt.getTime()).toBe(1_000);
  });

  it('should not be parked while a promise is tracked, and be parked again after it', async () => {
    let kept: Context | undefined;
    const trigger: Handler = (_, ctx) => {
      kept = ctx;
      ctx.emit('o', {}, { delayMs: 5_000 });
    };
    const { time, flow } = reminders(trigger, { executionTimeoutMs: 100 });
    const job = flow.start('s');
    const records = recordsOf(job);
    await time.advance(1_000);
    void kept?.track(time.sleep(60));
    await time.advance(500);
    void kept?.track(time.sleep(60));
    await time.exhaust();
    expect(typesOf(records)).toEqual(['parked', 'unparked', 'parked', 'unparked', 'ended']);
    expect(job.state).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT' } });
  });

  it('should not be parked while a feed is open', async () => {
    const { time, flow } = reminders(puttingOff({ delayMs: 5_000 }), { executionTimeoutMs: 100 });
    const job = flow.start('s');
    await time.advance(1_000);
    const subscription = feed(job, 't.i', new Promise<{ n: number }>(() => undefined));
    await time.advance(60);
    subscription.unsubscribe();
    await time.advance(1_000);
    expect(job.status).toBe('running');
    feed(job, 't.i', new Promise<{ n: number }>(() => undefined));
    await time.exhaust();
    expect(job.state).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT' } });
    expect(job.state.updatedAt.getTime()).toBe(1_000 + 60 + 1_000 + 40);
  });

  it('should have more to do when somebody brings a task from outside, and be parked again after that', async () => {
    const { time, got, flow } = reminders(
      (_, ctx) => {
        time.scheduler.schedule(() => void ctx.emit('o', { n: 7 }), 200);
        ctx.emit('o', { n: 0 }, { delayMs: 500 });
      },
      { executionTimeoutMs: 100 },
    );
    const job = flow.start('s');
    const records = recordsOf(job);
    await time.exhaust();
    expect(got).toEqual(['7 at 200', '0 at 500']);
    expect(typesOf(records)).toEqual(['parked', 'unparked', 'parked', 'unparked', 'ended']);
  });

  it('should stay parked if what comes is put off as well', async () => {
    const { time, got, flow } = reminders(
      (_, ctx) => {
        time.scheduler.schedule(() => void ctx.emit('o', { n: 7 }, { delayMs: 100 }), 200);
        ctx.emit('o', { n: 0 }, { delayMs: 500 });
      },
      { executionTimeoutMs: 50 },
    );
    const job = flow.start('s');
    await time.exhaust();
    expect([got, job.status]).toEqual([['7 at 300', '0 at 500'], 'completed']);
  });

  it.each(['an answer', 'a resume'] as const)(
    'should spend no time before %s that comes of a handler which has worked for long, by the real clock',
    async (what) => {
      const flow = flowOf(
        {
          s: { slots: { trigger: (_, ctx) => void ctx.waitFor('o', { token: 'q' }) } },
          t: { slots: { i: () => undefined } },
          b: {
            slots: {
              trigger: () => {
                for (const until = performance.now() + 200; performance.now() < until;);
                if (what === 'a resume') job.resume();
                job.answer('q');
              },
            },
          },
        },
        ['s.o -> t.i'],
      );
      const job = flow.start('s', {}, { timeoutMs: 100 });
      await sleep(5);
      if (what === 'a resume') await job.pause();
      await flow.execute('b');
      expect(await job.done).toMatchObject({ status: 'completed' });
    },
  );

  it('should spend no time before a resume that comes of a handler which has worked for long, by the real clock', async () => {
    const flow = flowOf(
      {
        s: { slots: { trigger: (_, ctx) => [void ctx.emit('o'), void ctx.pause()] } },
        t: { slots: { i: () => undefined } },
        b: {
          slots: {
            trigger: () => {
              for (const until = performance.now() + 200; performance.now() < until;);
              job.resume();
            },
          },
        },
      },
      ['s.o -> t.i'],
    );
    const job = flow.start('s', {}, { timeoutMs: 100 });
    await sleep(5);
    expect(job.status).toBe('paused');
    await flow.execute('b');
    expect(await job.done).toMatchObject({ status: 'completed' });
  });

  it('should write down what is left of its timeout, and have it elsewhere', async () => {
    const { time, make, flow } = reminders(puttingOff({ delayMs: 500 }), { executionTimeoutMs: 100 });
    const job = flow.start('s');
    await time.advance(300);
    const text = JSON.stringify(job.snapshot());
    expect((JSON.parse(text) as { run: { leftMs: number } }).run.leftMs).toBe(100);
    await job.cancel();
    const again = make().resume(JobState.fromJSON(JSON.parse(text)));
    await time.exhaust();
    expect(again.status).toBe('completed');
  });

  it('should be parked again after a pause, and in a pause spend nothing', async () => {
    const { time, flow } = reminders(puttingOff({ delayMs: 500 }), { executionTimeoutMs: 100 });
    const job = flow.start('s');
    const records = recordsOf(job);
    await time.advance(50);
    await job.pause();
    await time.advance(200);
    job.resume();
    await time.exhaust();
    expect(job.status).toBe('completed');
    expect(typesOf(records)).toEqual(['parked', 'paused', 'resumed', 'parked', 'unparked', 'ended']);
  });

  it('should flush no operator before the last of them is over (D27)', async () => {
    const { time, got, flow } = reminders(puttingOff({ delayMs: 50 }));
    const operator = fromOperator<{ n: number }, { n: number }>(
      'last',
      map(({ n }) => ({ n })),
    );
    const counting = fromOperator<object, { n: number }>('count', (source) =>
      source.pipe(
        map(() => ({ n: 1 })),
        takeLast(1),
      ),
    );
    flow.addRoutine(operator, 'm');
    flow.addRoutine(counting, 'c');
    flow.connect('s', 'o', 'm', 'input');
    flow.connect('m', 'output', 'c', 'input');
    const out: string[] = [];
    const job = flow.start('s');
    job.event$('c.output').subscribe(({ n }) => out.push(`${String(n)} at ${time.scheduler.now()}`));
    await time.exhaust();
    expect([got, out, job.status]).toEqual([['0 at 50'], ['1 at 50'], 'completed']);
  });

  it('should hold up no shutdown: it is paused with that reason, without a timer, and may go on elsewhere (D25)', async () => {
    const { time, got, make, flow } = reminders(puttingOff({ delayMs: 500 }));
    const job = flow.start('s');
    await time.advance(10);
    await flow.shutdown();
    expect(job.state).toMatchObject({ status: 'paused', pausePoints: [{ reason: 'shutdown', pendingTasks: 1 }] });
    expect(time.timers).toBe(0);
    const again = make().resume(JobState.fromJSON(job.snapshot()));
    await time.exhaust();
    expect([got, again.status]).toEqual([['0 at 500'], 'completed']);
  });

  it('should be paused as soon as it is parked, if that is after the shutdown was asked for', async () => {
    const slow = async (_: Data, ctx: Context): Promise<void> => {
      ctx.emit('o', { n: 1 }, { delayMs: 500 });
      ctx.emit('o', { n: 2 }, { delayMs: 20 });
      await time.sleep(50);
    };
    const { time, flow, got } = reminders(slow, { maxWorkers: 2 });
    const jobs = [flow.start('s'), flow.start('s')];
    await time.advance(10);
    let down = false;
    void flow.shutdown().then(() => (down = true));
    await time.advance(30);
    expect(down).toBe(false);
    await time.advance(30);
    expect([down, jobs.map(({ status }) => status), got.length]).toEqual([true, ['paused', 'paused'], 2]);
  });

  it('should be paused at once, whatever else a shutdown waits for', async () => {
    const { time, got, flow } = reminders(puttingOff({ delayMs: 50 }));
    const slow = new Routine();
    slow.defineSlot('trigger', () => time.sleep(100));
    flow.addRoutine(slow, 'slow');
    const busy = flow.start('slow');
    const job = flow.start('s', {}, { maxWorkers: 2 });
    await time.advance(10);
    const down = flow.shutdown();
    await time.advance(1);
    expect([busy.status, job.status]).toEqual(['running', 'paused']);
    await time.exhaust();
    await down;
    expect([busy.status, job.status, got]).toEqual(['completed', 'paused', []]);
  });

  it.each<[string, (flow: Flow, ctx: Context) => unknown]>([
    ['awaits it', (flow) => flow.execute('c')],
    ['tracks it', (flow, ctx) => void ctx.track(flow.execute('c'))],
  ])(
    'should not be paused in a shutdown while the handler that has started it %s: that comes to its end (D33)',
    async (_, waits) => {
      const { time, got, flow } = reminders(puttingOff({ delayMs: 50 }));
      const parent = new Routine();
      parent.defineSlot('trigger', (__, ctx) => waits(flow, ctx));
      const child = new Routine();
      child.defineEvent('o');
      child.defineSlot('trigger', puttingOff({ delayMs: 50 }));
      flow.addRoutine(parent, 'p');
      flow.addRoutine(child, 'c');
      flow.connect('c', 'o', 't', 'i');
      const job = flow.start('p');
      await time.advance(10);
      let down = false;
      void flow.shutdown().then(() => (down = true));
      await time.advance(10);
      expect(down).toBe(false);
      await time.exhaust();
      expect([down, job.status, got]).toEqual([true, 'completed', ['0 at 50']]);
    },
  );

  it('should be paused in a shutdown once the handler that has started it has ended', async () => {
    const { time, flow } = reminders(puttingOff({ delayMs: 500 }));
    const parent = new Routine();
    const children: Job[] = [];
    parent.defineSlot('trigger', async () => {
      children.push(flow.start('s'));
      await time.sleep(50);
    });
    parent.defineSlot('never');
    flow.addRoutine(parent, 'p');
    const job = flow.start('p');
    await time.advance(10);
    let down = false;
    void flow.shutdown().then(() => (down = true));
    await time.advance(100);
    expect([down, job.status, children.map(({ status }) => status)]).toEqual([true, 'completed', ['paused']]);
  });

  it('should keep no job from its place in a shutdown: those that wait for one are run (D25, D35)', async () => {
    for (const pauses of [false, true]) {
      const { time, got, flow } = reminders((data, ctx) => void ctx.emit('o', data, { delayMs: data['n'] === 1 ? 500 : 0 }), {
        maxJobs: 1,
      });
      const [first, second] = [flow.start('s', { n: 1 }), flow.start('s', { n: 2 })] as const;
      await time.advance(10);
      expect(second.status).toBe('pending');
      if (pauses) await first.pause();
      let down = false;
      void flow.shutdown().then(() => (down = true));
      await time.advance(10);
      expect([down, first.status, second.status, got]).toEqual([true, 'paused', 'completed', ['2 at 10']]);
    }
  });

  it('should end once if a scheduler of the user ends it while it is parked in a shutdown (D31)', async () => {
    const { scheduler, time, atNext } = workingClock('unschedule');
    const flow = flowOf(
      {
        s: {
          slots: {
            trigger: async (_, ctx) => {
              ctx.waitFor('o');
              await time.sleep(20);
            },
          },
        },
      },
      [],
      { scheduler, executionTimeoutMs: 5_000 },
    );
    const job = flow.start('s');
    atNext(() => void job.cancel());
    await time.advance(10);
    let down = false;
    void flow.shutdown().then(() => (down = true));
    await time.exhaust();
    expect([down, job.status]).toEqual([true, 'cancelled']);
  });

  it('should hold up the shutdown of its flow while a handler of another one waits for it (D33)', async () => {
    const { time, got, flow } = reminders(puttingOff({ delayMs: 50 }));
    const other = flowOf({ p: { slots: { trigger: () => flow.execute('s') } } }, [], { scheduler: time.scheduler });
    const job = other.start('p');
    await time.advance(10);
    let down = false;
    void flow.shutdown().then(() => (down = true));
    await time.advance(10);
    expect(down).toBe(false);
    await time.exhaust();
    expect([down, job.status, got]).toEqual([true, 'completed', ['0 at 50']]);
  });

  it('should track no promise, and hold no feed, if the clock that is asked then has ended it (D31)', async () => {
    for (const what of ['track', 'feed'] as const) {
      const { scheduler, time, atNext } = workingClock('now');
      let kept: Context | undefined;
      const trigger: Handler = (_, ctx) => {
        kept = ctx;
        ctx.emit('o', {}, { delayMs: 500 });
      };
      const flow = flowOf({ s: { slots: { trigger } }, t: { slots: { i: undefined } } }, ['s.o -> t.i'], { scheduler });
      const job = flow.start('s');
      await time.advance(10);
      atNext(() => void job.cancel());
      const source = new Subject<object>();
      const error = await refusalOf(() => {
        if (what === 'feed') feed(job, 't.i', source);
        else void kept?.track(time.sleep(5));
      });
      expect([job.status, source.observed]).toEqual(['cancelled', false]);
      if (what === 'track') expect(error).toMatchObject({ code: 'EMIT_AFTER_END' });
    }
  });

  it('should tell of what is put off while nothing is at work', async () => {
    let kept: Context | undefined;
    const { time, flow } = reminders((_, ctx) => {
      kept = ctx;
      ctx.emit('o', {}, { delayMs: 500 });
    });
    const job = flow.start('s');
    const queued: number[] = [];
    job.progress$.subscribe((progress) => queued.push(progress.queued));
    await time.advance(10);
    kept?.emit('o', {}, { delayMs: 600 });
    await time.advance(10);
    expect(queued.at(-1)).toBe(2);
    await job.cancel();
  });

  it('should leave a job alone that was paused in a shutdown and is resumed', async () => {
    const { time, got, flow } = reminders(puttingOff({ delayMs: 500 }));
    const job = flow.start('s');
    await time.advance(10);
    await flow.shutdown();
    await time.advance(100);
    job.resume();
    await time.exhaust();
    expect([got, job.status]).toEqual([['0 at 500'], 'completed']);
  });
});
