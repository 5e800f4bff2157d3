import { flowMatchers, recordMarbles } from '../../lib/testing/index.js';
import { emitting, flowOf } from '../support/flows.js';
import { rejection, thrown } from '../support/thrown.js';

expect.extend(flowMatchers);

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

  it('should fail with the diagram, and with the recording if it is not to be so', async () => {
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
