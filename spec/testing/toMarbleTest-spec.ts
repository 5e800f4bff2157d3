import { ErrorHandler, type Flow, type Job } from '../../lib/index.js';
import { type FlowTest, recordMarbles, toMarbleTest } from '../../lib/testing/index.js';
import { emitting, flowOf, forward, sleep } from '../support/flows.js';
import { playSource } from '../support/runSource.js';
import { ours, rejection, thrown } from '../support/thrown.js';
import { typeFaults } from '../support/typeFaults.js';
import { against, chain, idle, IMPORTS, inVirtualTime, LINKS, type MakeFlow, sourceOf, told } from './recordedRuns.js';

const mapped = (flow: Flow): Flow => {
  flow.connect('s', 'o', 't', 'i', { n: 'm' });
  return flow;
};

describe('toMarbleTest', () => {
  it('should write a run as a test: what handlers did as steps, what was seen as marbles, payloads once', async () => {
    expect(await sourceOf(inVirtualTime)).toBe(
      `// Written by toMarbleTest: a run that is completed. Its handlers do what they were seen to do, whatever the flow's own
// would; what is tried is the rest of the flow: connections, mappings, merges, codecs, error handlers, workers.
import { testFlow } from 'routilux/testing';
import { makeFlow } from './makeFlow';

/** What the letters of the diagrams stand for. */
const values = {
  a: { n: 1 },
  b: { n: 2 },
};

it('should run as it was recorded', () =>
  testFlow(({ flowOptions, replay, start, expectJob }) => {
    const flow = replay(makeFlow(flowOptions), [
      [3, 's.trigger 1', { emits: 'o', data: values.a }, { emits: 'o', data: values.b }, 'ends'],
      [3, 't.i 1', { emits: 'o', data: values.a }, 'ends'],
      [3, 't.i 2', { throws: new RangeError('not yet') }],
      [5, 'u.i 1', 'ends'],
      [23, 't.i 3', { emits: 'o', data: values.b }, 'ends'],
      [25, 'u.i 2', 'ends'],
    ]);
    const job = start(flow, 's', { n: 1 });
    expectJob(job).toBe({
      starts:            's--(ttu)   15ms [tu]-|',
      ends:              '---[stt]-u 17ms t   -(u|)',
      'ends t':          '---(cr)    16ms c   -|',
      'emits s.o':       '---(ab)    16ms -   -|',
      'emits t.o':       '---a    -  18ms b   -|',
      'takes s.trigger': 'a---    -  18ms -   -|',
      'takes t.i':       '---(ab)    16ms -   -|',
      'takes u.i':       '---a    -  18ms b   -|',
    }, values);
  }));
`,
    );
  });

  it('should hold against the flow that ran, whose own handlers are not called', async () => {
    await against(idle(), await sourceOf(inVirtualTime));
  });

  it('should be one test of that name, with the expression and the options of the caller', async () => {
    const source = await sourceOf(inVirtualTime, undefined, {
      flow: 'flows.make({ ...flowOptions, history: 5 })',
      imports: "import * as flows from './flows';",
      name: `should do as on "Monday" and on Tuesday's run`,
      run: { timeoutMs: 900, maxWorkers: 2 },
    });
    expect(source).toContain("start(flow, 's', { n: 1 }, { timeoutMs: 900, maxWorkers: 2 })");
    const tests = await playSource(source, { './flows': { make: idle() } });
    expect(tests.map(({ name }) => name)).toEqual([`should do as on "Monday" and on Tuesday's run`]);
  });

  it('should ask for the flow if it is not told how to make it', async () => {
    const source = await sourceOf(inVirtualTime, undefined, { imports: undefined });
    expect(source).toContain('// Import what makes the flow of this run anew: makeFlow(flowOptions)');
    const error = await rejection(playSource(source));
    expect((error as Error).message).toBe('makeFlow is not defined');
  });

  it('should pass the strict compiler', async () => {
    const source = await sourceOf(inVirtualTime, async (job, { sleep: pause }) => {
      await pause(4);
      await job.pause();
      job.resume();
      await pause(1);
      await job.cancel('enough');
    });
    const files = {
      'makeFlow.ts':
        "import { Flow, type FlowOptions } from 'routilux';\nexport const makeFlow = (options: FlowOptions): Flow => new Flow(options);",
    };
    // Beside one that must not pass it; the compiler reads the library once for both.
    const faults = typeFaults({ ...files, 'run-spec.ts': source, 'wrong-spec.ts': source.replace("'resume'", "'resumed'") });
    expect(faults).toEqual([expect.stringMatching(/^wrong-spec\.ts: .*"resumed"/)]);
  });

  describe('against another flow', () => {
    it('should fail if a retry is missing, with the diagram', async () => {
      expect(
        await told(idle(LINKS, { errorHandler: new ErrorHandler({ strategy: 'skip' }) }), await sourceOf(inVirtualTime)),
      ).toBe(
        [
          '  starts           expected  s--(ttu)      15ms [tu]-|',
          '                   actual    s--[ttu]-|',
          '                                      ^ at 23 ms t is expected, and | came at 5 ms',
          '  ends             expected  ---[stt]-u    17ms t   -(u|)',
          '                   actual    ---[stt]-(u|)',
          '                                        ^ at 23 ms t is expected, and | came at 5 ms',
          '  ends t           expected  ---(cr)       16ms c   -|',
          '                   actual    ---[cs] -|',
          '                                  ^ at 3 ms r is expected, and s came',
          '  emits s.o        expected  ---(ab)       16ms -   -|',
          '                   actual    ---[ab] -|',
          '                                      ^ at 25 ms | is expected, and | came at 5 ms',
          '  emits t.o        expected  ---a    -     18ms b   -|',
          '                   actual    ---a    -|',
          '                                      ^ at 23 ms b is expected, and | came at 5 ms',
          '  takes s.trigger  expected  a---    -     18ms -   -|',
          '                   actual    a---    -|',
          '                                      ^ at 25 ms | is expected, and | came at 5 ms',
          '  takes t.i        expected  ---(ab)       16ms -   -|',
          '                   actual    ---[ab] -|',
          '                                      ^ at 25 ms | is expected, and | came at 5 ms',
          '  takes u.i        expected  ---a    -     18ms b   -|',
          '                   actual    ---a    -|',
          '                                      ^ at 23 ms b is expected, and | came at 5 ms',
          '  where                      c = "completed"',
          '                             r = "retry"',
          '                             s = "skipped"',
          '                             a = {"n":1}',
          '                             b = {"n":2}',
        ].join('\n'),
      );
    });

    it.each<[string, MakeFlow, string]>([
      [
        'a retry that comes sooner',
        idle(LINKS, { errorHandler: new ErrorHandler({ strategy: 'retry', delayMs: 19 }) }),
        't came at 22 ms',
      ],
      ['a connection that is gone', idle(['s.o -> t.i']), 'u is expected, and t came at 23 ms'],
      ['connections in another order', idle(['s.o -> u.i', ...LINKS]), 't is expected, and u came'],
      ['a mapping', (options) => mapped(idle(['t.o -> u.i'])(options)), 'a is expected, and'],
    ])('should fail if it has %s', async (_, make, difference) => {
      expect(await told(make, await sourceOf(inVirtualTime))).toContain(difference);
    });
  });

  it('should fail against a flow with more workers, and with fewer', async () => {
    const work =
      (maxWorkers: number) =>
      ({ flowOptions, takes }: FlowTest): Flow =>
        flowOf(
          { s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }, { n: 3 }) } }, t: { slots: { i: takes(5, forward) } } },
          LINKS.slice(0, 1),
          {
            ...flowOptions,
            maxWorkers,
          },
        );
    const source = await sourceOf(work(2));
    await against(idle(LINKS.slice(0, 1), { maxWorkers: 2 }), source);
    for (const maxWorkers of [1, 3])
      expect(await told(idle(LINKS.slice(0, 1), { maxWorkers }), source)).toContain('t is expected, and t came at');
  });

  describe('what it refuses', () => {
    const job = (): Job => flowOf({ s: { slots: { trigger: emitting({}) } } }).start('s');
    const code = (recorded: unknown): unknown => {
      const { code: found, message } = ours(thrown(() => toMarbleTest(recorded as Job)));
      return [found, message.includes('recordMarbles(job)') || message.includes('job.done')];
    };

    it('should refuse a job that nobody has recorded, and what is no job', async () => {
      const unseen = job();
      await unseen.done;
      expect([unseen, {}, undefined, null, 'job'].map(code)).toEqual(Array.from({ length: 5 }, () => ['NOT_RECORDED', true]));
    });

    it('should refuse a job whose beginning was not recorded', async () => {
      const slow = chain(sleep)({}).start('s');
      await sleep(1);
      recordMarbles(slow);
      await slow.done;
      expect(code(slow)).toEqual(['RECORDED_LATE', true]);
    });

    it('should refuse a job that runs, and take it when it has ended', async () => {
      const one = job();
      recordMarbles(one);
      expect(code(one)).toEqual(['UNFINISHED', true]);
      await one.done;
      expect(toMarbleTest(one)).toContain('expectJob(job)');
    });

    it('should give each of 400 payloads a letter, and refuse more than there are', async () => {
      const recorded = async (count: number): Promise<Job> => {
        const payloads = Array.from({ length: count }, (_, n) => ({ n }));
        const many = flowOf({ s: { slots: { trigger: emitting(...payloads) } } }).start('s');
        recordMarbles(many);
        await many.done;
        return many;
      };
      await against(
        (options) => flowOf({ s: { slots: { trigger: () => undefined } } }, [], options),
        toMarbleTest(await recorded(400), { imports: IMPORTS }),
      );
      const tooMany = await recorded(1_100);
      expect(ours(thrown(() => toMarbleTest(tooMany)))).toMatchObject({ code: 'TOO_MANY_VALUES' });
    });
  });
});
