import { type Data, ErrorHandler, type Handler } from '../../lib/index.js';
import { type FlowTest, type JobMarbles, type MarbleValues, testFlow } from '../../lib/testing/index.js';
import { emitting, flowOf, forward } from '../support/flows.js';
import { ours, rejection } from '../support/thrown.js';

const VALUES = { a: { n: 1 }, b: { n: 2 } };

/** What a test that fails says; the files without the way to them, and lines that depend on this file without their number. */
const failure = async (body: (test: FlowTest) => unknown): Promise<string> => {
  const error = ours(await rejection(testFlow(body)));
  expect(error).toMatchObject({ name: 'TestingError', code: 'UNLIKE' });
  return error.message.replace(/\S*(spec\/testing\/[\w-]+\.ts):\d+/g, '$1:LINE');
};

/** A chain `s → t → u`: 3 ms, 2 ms, at once. */
const chain = ({ flowOptions, takes }: FlowTest, t: Handler = takes(2, forward)): ReturnType<typeof flowOf> =>
  flowOf(
    {
      s: { slots: { trigger: takes(3, emitting({ n: 1 }, { n: 2 })) } },
      t: { slots: { i: t } },
      u: { slots: { i: () => undefined } },
    },
    ['s.o -> t.i', 't.o -> u.i'],
    { ...flowOptions, errorHandler: new ErrorHandler({ strategy: 'retry', delayMs: 20 }) },
  );

const failsOnce: Handler = ({ n }: Data, { attempt }) => {
  if (n === 1 && attempt === 1) throw new Error('once');
};

/** What a test says that expects these lines of the chain. */
const told = (lines: JobMarbles, values?: MarbleValues, t?: Handler): Promise<string> =>
  failure((test) => {
    test.expectJob(test.start(chain(test, t), 's')).toBe(lines, values);
  });

const diagram = (...rows: readonly string[]): string =>
  ['The marbles differ from what is expected at spec/testing/diagrams-spec.ts:LINE', '', ...rows].join('\n');

describe('the diagrams of a test that fails', () => {
  it('should hold where nothing is wrong: the chain as it is', () =>
    testFlow((test) => {
      test
        .expectJob(test.start(chain(test), 's'))
        .toBe({ starts: 's--t-t-(uu|)', 'emits t': '-----a-(b|)', 'starts u': '-------(ab|)' }, VALUES);
    }));

  it('should show a wrong order', async () => {
    expect(await told({ starts: 's--t-u-(tu|)' })).toBe(
      diagram(
        '  starts  expected  s--t-u-(tu|)', //
        '          actual    s--t-t-(uu|)',
        '                         ^ at 5 ms u is expected, and t came',
      ),
    );
  });

  it('should show a wrong order within one ms', async () => {
    expect(await told({ 'starts u': '-------(ba|)' }, VALUES)).toBe(
      diagram(
        '  starts u  expected  -------(ba|)',
        '            actual    -------(ab|)',
        '                              ^ at 7 ms b is expected, and a came',
        '  where               b = {"n":2}',
        '                      a = {"n":1}',
      ),
    );
  });

  it('should show a missing retry', async () => {
    expect(await told({ starts: 's--(tt) 16ms (t|)', retries: '---t 19ms |' }, {}, () => undefined)).toBe(
      diagram(
        '  starts   expected  s--(tt)  16ms (t|)',
        '           actual    s--(tt|)',
        '                           ^ at 23 ms t is expected, and | came at 3 ms',
        '  retries  expected  ---t     19ms |',
        '           actual    ---|',
        '                        ^ at 3 ms t is expected, and | came',
      ),
    );
  });

  it('should show a retry that is not expected', async () => {
    expect(await told({ starts: 's--(tt|)', 'ends t': '---(cc|)' }, {}, failsOnce)).toBe(
      diagram(
        '  starts  expected  s--(tt|)',
        '          actual    s--(tt)  16ms (t|)',
        '                          ^ at 3 ms | is expected, and t came at 23 ms',
        '  ends t  expected  ---(cc|)',
        '          actual    ---(rc)  16ms (c|)',
        '                        ^ at 3 ms c is expected, and r came',
        '  where             c = "completed"',
        '                    r = "retry"',
      ),
    );
  });

  it('should show what comes a ms too late, among lines that are as expected', async () => {
    expect(await told({ starts: 's--t-t-(uu|)', 'ends t': '-----cc|', 'emits s': '---(ab)|' }, VALUES)).toBe(
      diagram(
        '  starts             s--t   -t-(uu|)',
        '  ends t   expected  ----   -cc|',
        '           actual    ----   -c-(c|)',
        '                              ^ at 6 ms c is expected, and c came at 7 ms',
        '  emits s            ---(ab)   |',
        '  where              c = "completed"',
        '                     a = {"n":1}',
        '                     b = {"n":2}',
      ),
    );
  });

  it('should show a missing end, one that is not expected, and another end', async () => {
    expect(await told({ starts: 's--t-t-(uu)' })).toBe(
      diagram(
        '  starts  expected  s--t-t-(uu)',
        '          actual    s--t-t-(uu|)',
        '                              ^ at 7 ms | came, and nothing more is expected',
      ),
    );
    expect(await told({ starts: 's--t-t-(uu#)' })).toBe(
      diagram(
        '  starts  expected  s--t-t-(uu#)',
        '          actual    s--t-t-(uu|)',
        '                              ^ at 7 ms # is expected, and | came',
      ),
    );
    const paused = await failure(async (test) => {
      const job = test.start(chain(test), 's');
      test.expectJob(job).toBe({ starts: 's--|', pauses: '---p' });
      await test.sleep(1);
      await job.pause();
    });
    expect(paused).toBe(
      diagram(
        '  starts  expected  s--|',
        '          actual    s',
        '                       ^ at 3 ms | is expected, and nothing more came',
        '  pauses            ---p',
        '  where             p = "paused"',
      ),
    );
  });

  it.each<[keyof JobMarbles, string, string, string]>([
    ['starts', 's--t-t-(uuu|)', 's--t-t-(uu|)', 'at 7 ms u is expected, and | came'],
    ['takes', 's--t-(uu|)', 's--t-t-(uu|)', 'at 5 ms u is expected, and t came'],
    ['ends', '---s--t(tuu|)', '---s-t-(tuu|)', 'at 6 ms t is expected, and t came at 5 ms'],
    ['emits', '---(ss)t-|', '---[ss]-t-(t|)', 'at 7 ms t is expected, and t came at 5 ms'],
    ['outputs', '-----|', '-------|', 'at 5 ms | is expected, and | came at 7 ms'],
    ['retries', '---t---|', '-------|', 'at 3 ms t is expected, and | came at 7 ms'],
    ['pauses', '-p-----|', '-------|', 'at 1 ms p is expected, and | came at 7 ms'],
    ['status', 'r--p---|', 'r------|', 'at 3 ms p is expected, and | came at 7 ms'],
    ['queued', '0--2---(0|)', '0--1---(0|)', 'at 3 ms 2 is expected, and 1 came'],
    ['active', '1------(2|)', '1------(0|)', 'at 7 ms 2 is expected, and 0 came'],
  ])('should show where the line %s differs', async (line, wrong, right, sentence) => {
    expect(await told({ [line]: wrong })).toContain(`^ ${sentence}`);
    await testFlow((test) => {
      test.expectJob(test.start(chain(test), 's')).toBe({ [line]: right });
    });
  });

  it('should show another payload, and give it a letter that is free', async () => {
    expect(await told({ 'emits t': '-----a-(c|)' }, { a: { n: 1 }, c: { n: 3 } })).toBe(
      diagram(
        '  emits t  expected  -----a-(c|)',
        '           actual    -----a-(b|)',
        '                             ^ at 7 ms c is expected, and b came',
        '  where              a = {"n":1}',
        '                     c = {"n":3}',
        '                     b = {"n":2}',
      ),
    );
  });

  it('should show a time that differs by less than a ms', async () => {
    const late = failure(async ({ hot, sleep, expectObservable }) => {
      await sleep(0.25);
      expectObservable(hot('-a|')).toBe('-a|');
    });
    expect(await late).toBe(
      diagram(
        '  values  expected  -a|',
        '          actual    -a|',
        '                     ^ at 1 ms a is expected, and a came at 1.25 ms',
      ),
    );
  });

  it('should show the error of a stream where it differs', async () => {
    const other = failure(({ cold, expectObservable }) => {
      expectObservable(cold('-#', undefined, new Error('this'))).toBe('-#', {}, new TypeError('that'));
    });
    expect(await other).toBe(
      diagram(
        '  values  expected  -#',
        '          actual    -#',
        '                     ^ at 1 ms # is expected with TypeError: that, and came with Error: this',
      ),
    );
  });

  it('should show long times, and names of routines that are words', async () => {
    const slow = failure(({ flowOptions, start, takes, expectJob }) => {
      const flow = flowOf(
        { split: { slots: { trigger: takes(60_000, emitting({ n: 1 })) } }, total: { slots: { i: takes(100) } } },
        ['split.o -> total.i'],
        flowOptions,
      );
      expectJob(start(flow, 'split')).toBe({ starts: 's 59999ms t 89ms |' }, { s: 'split', t: 'total' });
    });
    expect(await slow).toBe(
      diagram(
        '  starts  expected  s 59999ms t 89ms |',
        '          actual    s 59999ms t 89ms ----------|',
        '                                     ^ at 60090 ms | is expected, and | came at 60100 ms',
        '  where             s = "split"',
        '                    t = "total"',
      ),
    );
  });

  it('should be whole, however long: the mark below the first difference comes last', async () => {
    const run = '-t'.repeat(1_200);
    const message = await failure((test) => {
      const { flowOptions, start, takes } = test;
      const burst: Handler = (_, ctx) => {
        for (let n = 0; n < 1_201; n++) ctx.emit('o');
      };
      const flow = flowOf({ s: { slots: { trigger: burst } }, t: { slots: { i: takes(2) } } }, ['s.o -> t.i'], flowOptions);
      test.expectJob(start(flow, 's')).toBe({ 'starts t': `t${run}-x` }, { t: {}, x: { n: 1 } });
    });
    expect(message).toContain(`expected  t${run}-x`);
    expect(message).toMatch(/ \^ at 2402 ms x is expected, and \| came/);
  });

  it('should show every expectation that does not hold, and point at the first of them', async () => {
    const wrong = testFlow((test) => {
      test.expectJob(test.start(chain(test), 's')).toBe({ starts: 's--t-t-(uu|)' });
      test.expectJob(test.start(chain(test), 's')).toBe({ starts: 't' });
      test.expectObservable(test.cold('a|')).toBe('b|');
    });
    const { message, stack = '' } = ours(await rejection(wrong));
    const places = [...message.matchAll(/diagrams-spec\.ts:(\d+)/g)].map(([, line]) => Number(line));
    expect(places).toHaveLength(2);
    expect(places[1]).toBe((places[0] ?? 0) + 1);
    expect(stack.slice(message.length + 'TestingError: '.length).split('\n')[1]).toContain(
      `diagrams-spec.ts:${String(places[0])}`,
    );
  });
});
