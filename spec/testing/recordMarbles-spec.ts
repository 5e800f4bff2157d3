import { of } from 'rxjs';
import type { Data } from '../../lib/index.js';
import { flowMatchers, recordMarbles, seeded, testFlow } from '../../lib/testing/index.js';
import { emitting, flowOf, sleep } from '../support/flows.js';
import { ours, rejection, thrown } from '../support/thrown.js';

expect.extend(flowMatchers);

const LINK = ['split.o -> total.i'];

/** `split` takes so many ms and emits two payloads; `total` counts them. */
const counting = (work: (ms: number) => unknown): ReturnType<typeof flowOf> =>
  flowOf(
    {
      split: {
        slots: {
          trigger: async (data, ctx) => (
            await work(30),
            emitting({ n: 1 }, { n: 12 }).call(ctx.flow.routines.get('split') as never, data, ctx)
          ),
        },
      },
      total: { slots: { i: ({ n }: Data, ctx) => ctx.output('sum', { n }) } },
    },
    LINK,
  );

describe('recordMarbles', () => {
  it('should turn a run into a diagram, with a legend of what the letters stand for', () =>
    testFlow(async ({ sleep: virtually }) => {
      const job = counting(virtually).start('split');
      const recording = recordMarbles(job);
      await job.done;
      expect(String(recording)).toBe(
        [
          'starts   s 29ms (tt|)',
          'ends       30ms (stt|)',
          'emits      30ms (ss|)',
          'outputs    30ms (tt|)',
          'queued   0 29ms |',
          'where    s = "split"',
          '         t = "total"',
        ].join('\n'),
      );
    }));

  it('should draw single lines, with the symbols of the caller', () =>
    testFlow(async ({ sleep: virtually }) => {
      const job = counting(virtually).start('split');
      const recording = recordMarbles(job);
      expect([recording.job, recording.marbles('starts')]).toEqual([job, '']);
      await job.done;
      expect(recording.marbles('starts', { '1': 'split', '2': 'total' })).toBe('1 29ms (22|)');
      expect(recording.marbles('outputs total.sum', { x: { n: 12 } })).toBe('30ms (ax|)');
      expect(recording.marbles('outputs total.other')).toBe('30ms |');
      expect(ours(thrown(() => recording.marbles('nothing'))).code).toBe('BAD_LINE');
    }));

  it('should count time from the call on, in units of so many ms', () =>
    testFlow(async ({ sleep: virtually }) => {
      await virtually(1_000);
      const job = counting(virtually).start('split');
      const recording = recordMarbles(job, { unitMs: 10 });
      await job.done;
      expect(recording.marbles('starts')).toBe('s--(tt|)');
    }));

  it('should record in real time', async () => {
    const job = counting(sleep).start('split');
    const recording = recordMarbles(job, { unitMs: 10_000 });
    await job.done;
    expect(recording.marbles('starts')).toBe('(stt|)');
    expect(recording).toHaveMarbles({ starts: '(stt|)', retries: '|' }, { s: 'split', t: 'total' });
  });

  it('should be read again as what it has drawn', () =>
    testFlow(async ({ sleep: virtually }) => {
      const job = counting(virtually).start('split');
      const recording = recordMarbles(job);
      await job.done;
      const values = { s: 'split', t: 'total' };
      expect(recording).toHaveMarbles(
        { starts: recording.marbles('starts', values), ends: recording.marbles('ends', values) },
        values,
      );
    }));

  it('should give a letter to each of 60 payloads, and a question mark to the rest', async () => {
    const payloads = Array.from({ length: 60 }, (_, n) => ({ n }));
    const job = flowOf({ s: { slots: { trigger: emitting(...payloads) } } }).start('s');
    const recording = recordMarbles(job, { unitMs: 100_000 });
    await job.done;
    expect(recording.marbles('emits s')).toBe('(abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ????????|)');
  });

  it('should not hold the job up, and refuse one that has ended', async () => {
    const job = flowOf({ s: { slots: { trigger: () => of(1) } } }).start('s');
    recordMarbles(job);
    expect((await job.done).status).toBe('completed');
    expect(ours(thrown(() => recordMarbles(job)))).toMatchObject({ code: 'ENDED_UNWATCHED', details: { jobId: job.id } });
  });
});

describe('flowMatchers', () => {
  const recorded = async (): Promise<ReturnType<typeof recordMarbles>> => {
    const job = flowOf({ s: { slots: { trigger: emitting({ n: 1 }) } } }).start('s');
    const recording = recordMarbles(job, { unitMs: 100_000 });
    await job.done;
    return recording;
  };

  it('should hold for a job that is as its marbles say, and not for another', async () => {
    const recording = await recorded();
    expect(recording).toHaveMarbles({ starts: '(s|)', 'emits s.o': '(a|)' }, { a: { n: 1 } });
    expect(recording).not.toHaveMarbles({ starts: 's|' });
  });

  it('should take the job that was recorded as well', async () => {
    const { job } = await recorded();
    expect(job).toHaveMarbles({ starts: '(s|)' });
    expect(job).not.toHaveMarbles({ starts: 's|' });
  });

  it('should fail with the diagram, and with the recording where it is not to be so', async () => {
    const recording = await recorded();
    const differs = await rejection(Promise.resolve().then(() => expect(recording).toHaveMarbles({ starts: 's|' })));
    expect((differs as Error).message).toBe(
      [
        'The marbles differ',
        '',
        '  starts  expected  s   |',
        '          actual    (s|)',
        '                      ^ at 1 ms | is expected, and | came at 0 ms',
      ].join('\n'),
    );
    const alike = await rejection(Promise.resolve().then(() => expect(recording).not.toHaveMarbles({ starts: '(s|)' })));
    expect((alike as Error).message).toBe(
      ['starts   (s|)', 'ends     (s|)', 'emits    (s|)', 'queued   (0|)', '', 'is not to be so.'].join('\n'),
    );
  });

  it.each([[undefined], [null], [{}], ['(s|)'], [flowOf({})]])('should refuse %p, which is no recording', (value) => {
    expect((thrown(() => expect(value).toHaveMarbles({ starts: '|' })) as Error).message).toBe(
      'toHaveMarbles takes a job that was recorded, or what recordMarbles(job), or watch(job) in a testFlow, gave.',
    );
  });

  it('should be typed', async () => {
    const recording = await recorded();
    // @ts-expect-error there is no such line
    expect(thrown(() => expect(recording).toHaveMarbles({ start: '|' }))).toMatchObject({ code: 'BAD_LINE' });
    // @ts-expect-error there is one queue for all routines
    expect(thrown(() => expect(recording).toHaveMarbles({ 'queued s': '|' }))).toMatchObject({ code: 'BAD_LINE' });
  });
});

describe('seeded', () => {
  it('should give numbers from 0 to below 1 that are spread, the same for the same seed, for every seed', () => {
    for (const seed of [0, 1, -1, 2 ** 31, 0x9e3779b9, 12.5]) {
      const [random, again] = [seeded(seed), seeded(seed)];
      const numbers = Array.from({ length: 1_000 }, random);
      expect(Array.from({ length: 1_000 }, again)).toEqual(numbers);
      expect(numbers.every((n) => n >= 0 && n < 1)).toBe(true);
      const tenths = new Set(numbers.map((n) => Math.floor(n * 10)));
      expect([tenths.size, new Set(numbers).size]).toEqual([10, 1_000]);
    }
    expect(seeded(1)()).not.toBe(seeded(2)());
  });
});
