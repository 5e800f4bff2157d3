import { fileOf, MB, readIn } from './backpressure.js';

const LINES = 100_000;

describe(`a file of ${LINES} lines, read into a flow that is slower (issue 4)`, () => {
  let file: Awaited<ReturnType<typeof fileOf>>;

  beforeAll(async () => {
    file = await fileOf(LINES);
  });

  afterAll(() => file.remove());

  it.each(['awaiting', 'sync'] as const)(
    'should bring each line once and in order, with no more than 256 that wait, in bounded memory: %s',
    async (mode) => {
      const { peak, samples, highWater, ...report } = await readIn(mode, file.path);
      expect(report).toEqual({ status: 'completed', seen: LINES, inOrder: true, droppedTasks: 0 });
      expect(highWater).toBeLessThanOrEqual(256);
      // 23 to 25 MB were seen; 2,000,000 lines, in the long specs, take 38.
      expect(peak).toBeLessThan(100 * MB);
      expect(samples).toBeGreaterThan(5);
    },
  );

  it('should be seen to pile up where the lines are pushed: the measure is not blind', async () => {
    const { highWater, ...report } = await readIn('pushed', file.path);
    expect(report).toMatchObject({ status: 'completed', seen: LINES, inOrder: true });
    expect(highWater).toBeGreaterThan(LINES / 2);
  });
});
