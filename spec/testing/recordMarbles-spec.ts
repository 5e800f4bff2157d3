import { of } from 'rxjs';
import type { Data } from '../../lib/index.js';
import { flowMatchers, recordMarbles, testFlow } from '../../lib/testing/index.js';
import { emitting, flowOf, sleep } from '../support/flows.js';
import { ours, thrown } from '../support/thrown.js';

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
