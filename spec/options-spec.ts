import { ErrorHandler, Flow, FlowError, Routine } from '../lib/index.js';
import { fromOperator, toOperator } from '../lib/rx/index.js';
import { firstValueFrom, map } from 'rxjs';
import { flowOf, routine, sleep } from './support/flows.js';
import { refusalOf } from './support/refusalOf.js';

const idle = (): Flow => flowOf({ s: { slots: { trigger: () => undefined } } });

describe('an option that nobody knows (D37, f05)', () => {
  it.each<[string, string, string, () => unknown]>([
    ['a flow', 'maxWorker', 'maxWorkers', () => new Flow({ maxWorker: 8 } as never)],
    ['a flow', 'executionTimeout', 'executionTimeoutMs', () => new Flow({ executionTimeout: 8 } as never)],
    ['execute', 'timeout', 'timeoutMs', () => idle().execute('s', {}, { timeout: 1 } as never)],
    ['start', 'jobID', 'jobId', () => idle().start('s', {}, { jobID: 'j' } as never)],
    ['run$', 'sgnal', 'signal', () => firstValueFrom(idle().run$('s', {}, { sgnal: 1 } as never))],
    ['a slot', 'merg', 'merge', () => new Routine().defineSlot('i', undefined, { merg: 'append' } as never)],
    ['an error handler', 'maxRetry', 'maxRetries', () => new ErrorHandler({ strategy: 'retry', maxRetry: 1 } as never)],
    ['toOperator', 'outputs', 'output', () => toOperator(idle(), { entry: 's', output: 's.o', outputs: 1 } as never)],
    [
      'fromOperator',
      'repla',
      'replay',
      () =>
        fromOperator(
          'op',
          map((each: object) => each),
          { repla: true } as never,
        ),
    ],
  ])('should be refused by %s with BAD_OPTION, naming the nearest: %s', async (_, option, meant, call) => {
    const error = await refusalOf(call);
    expect(error).toBeInstanceOf(FlowError);
    expect(error).toMatchObject({ code: 'BAD_OPTION', details: { option } });
    expect((error as Error).message).toContain(`give '${meant}': there is no option of this name`);
  });

  it('should be refused by resume', async () => {
    const flow = flowOf({ s: { slots: { trigger: () => sleep(1) } } }, [], { flowId: 'f' });
    const job = flow.start('s');
    await job.pause();
    const other = flowOf({ s: { slots: { trigger: () => sleep(1) } } }, [], { flowId: 'f' });
    expect(() => other.resume(job.state, { pausd: true } as never)).toThrow(/give 'paused'/);
    await job.cancel();
  });

  it('should have all that there are in the message if none is near', async () => {
    const error = (await refusalOf(() => new Flow({ colour: 'red' } as never))) as Error;
    expect(error.message).toMatch(/Option 'colour' is 'red'; give one of 'flowId', .*'newId': there is no option of this name/);
  });

  it.each([null, 5, 'fast'])('should also be refused where the options are %p', async (options) => {
    expect(await refusalOf(() => new Flow(options as never))).toMatchObject({ code: 'BAD_OPTION' });
    expect(await refusalOf(() => idle().execute('s', {}, options as never))).toMatchObject({ code: 'BAD_OPTION' });
  });

  it('should be let pass if its value is undefined: it asks for nothing', async () => {
    expect(await refusalOf(() => new Flow({ maxWorker: undefined } as never))).toBe('went through');
  });
});

describe('execute', () => {
  const greeting = () => {
    const greeter = new Routine();
    const seen: unknown[] = [];
    const trigger = greeter.defineSlot('trigger', ({ name }: { name: string }) => void seen.push(`trigger ${name}`));
    const other = greeter.defineSlot('other', ({ n }: { n: number }) => void seen.push(`other ${n}`));
    const flow = new Flow();
    flow.addRoutine(greeter, 'g');
    return { flow, greeter, trigger, other, seen };
  };

  it('should begin at the slot that is given, which types its parameters (D39)', async () => {
    const { flow, trigger, other, seen } = greeting();
    await flow.execute(trigger, { name: 'Ada' });
    await flow.execute(other, { n: 1 });
    await flow.start(other, { n: 2 }).done;
    // @ts-expect-error -- of another type
    await flow.execute(trigger, { name: 7 });
    // @ts-expect-error -- left out
    await flow.execute(trigger);
    expect(seen).toEqual(['trigger Ada', 'other 1', 'other 2', 'trigger 7', 'trigger undefined']);
  });

  it('should note the routine of the slot as the entry', async () => {
    const { flow, other } = greeting();
    const state = await flow.execute(other, { n: 1 });
    expect(state.history()[0]).toMatchObject({ routineId: 'g', eventName: 'start', data: { n: 1 } });
  });

  it('should refuse the slot of a routine that is not in the flow', async () => {
    const { flow } = greeting();
    const stranger = new Routine().defineSlot('trigger');
    await expect(flow.execute(stranger)).rejects.toMatchObject({ code: 'UNKNOWN_ROUTINE' });
  });

  it("should fail with its entry, whichever the slot is, with unhandledErrors: 'record' (D1)", async () => {
    const flow = new Flow({ unhandledErrors: 'record' });
    const failing = new Routine();
    const other = failing.defineSlot('other', () => {
      throw new Error('no');
    });
    flow.addRoutine(failing, 'r');
    expect((await flow.execute(other)).status).toBe('failed');
  });

  it('should reject with the JobError of a job that did not complete, with orThrow (D39)', async () => {
    const fail = (): never => {
      throw new RangeError('no');
    };
    const flow = flowOf({ s: { slots: { trigger: fail } }, t: { slots: { trigger: (_, ctx) => void ctx.cancel('enough') } } });
    await expect(flow.execute('s', {}, { orThrow: true })).rejects.toMatchObject({
      code: 'TASK_FAILED',
      cause: { message: 'no' },
    });
    await expect(flow.execute('t', {}, { orThrow: true })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect((await idle().execute('s', {}, { orThrow: true })).status).toBe('completed');
    expect((await flow.execute('s', {}, { orThrow: false })).status).toBe('failed');
  });

  it.each<[string, () => unknown]>([
    ['start', () => idle().start('s', {}, { orThrow: true })],
    ['run$', () => firstValueFrom(idle().run$('s', {}, { orThrow: true }))],
    ["execute, if it is 'yes'", () => idle().execute('s', {}, { orThrow: 'yes' as never })],
  ])('should be alone with it: refused by %s (D39)', async (_, call) => {
    expect(await refusalOf(call)).toMatchObject({ code: 'BAD_OPTION', details: { option: 'orThrow' } });
  });

  it('should give a Left where executeTE is asked for it', async () => {
    expect(await idle().executeTE('s', {}, { orThrow: true })()).toMatchObject({ _tag: 'Left', left: { code: 'NOT_STARTED' } });
  });
});

describe('ctx.output with keep: false (D38, f06)', () => {
  const telling = (emitMode: 'immediate' | 'commit') => {
    const told: string[] = [];
    const flow = new Flow({ emitMode });
    flow.addRoutine(
      routine({
        slots: {
          trigger: async (_, ctx) => {
            ctx.output('answer', { text: '42' });
            ctx.output('token', { t: 1 }, { keep: false });
            told.push('handler goes on');
            await sleep(1);
          },
        },
      }),
      's',
    );
    return { flow, told };
  };

  it.each(['immediate', 'commit'] as const)(
    'should be told, and neither kept nor written down, with emitMode %s',
    async (emitMode) => {
      const { flow, told } = telling(emitMode);
      const job = flow.start('s', {}, { output: ({ type }) => void told.push(type) });
      const state = await job.done;
      expect(state.outputLog.map(({ type }) => type)).toEqual(['answer']);
      expect(told).toEqual(
        emitMode === 'immediate' ? ['handler goes on', 'answer', 'token'] : ['handler goes on', 'token', 'answer'],
      );
      expect(state.toJSON().outputLog).toHaveLength(1);
    },
  );

  it('should be told though the attempt fails', async () => {
    const told: string[] = [];
    const flow = new Flow({ emitMode: 'commit' });
    const trigger = (_: unknown, ctx: { output: (type: string, data: object, options?: object) => void }): never => {
      ctx.output('kept', {});
      ctx.output('token', {}, { keep: false });
      throw new Error('no');
    };
    flow.addRoutine(routine({ slots: { trigger } }), 's');
    await flow.start('s', {}, { output: ({ type }) => void told.push(type) }).done;
    expect(told).toEqual(['token']);
  });

  it('should say so in its record', async () => {
    const { flow } = telling('immediate');
    const kept: unknown[] = [];
    const job = flow.start('s');
    job.record$.subscribe((record) => {
      if (record.type === 'output') kept.push(record.kept);
    });
    await job.done;
    expect(kept).toEqual([undefined, false]);
  });

  it('should be refused if keep is no boolean', async () => {
    const flow = flowOf({
      s: {
        slots: {
          trigger: (_, ctx) => {
            ctx.output('x', {}, { keep: 0 as never });
          },
        },
      },
    });
    expect((await flow.execute('s')).error?.message).toContain("Option 'keep' is 0");
  });
});
