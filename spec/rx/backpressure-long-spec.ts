import { fileOf, MB, readIn } from './backpressure.js';

const LINES = 2_000_000;

/** In bytes above what the process had at first. 37 to 38 MB were seen, and 440 where the lines are pushed. */
const BOUND = 100 * MB;

describe(`a file of ${LINES} lines, read into a flow that is slower (issue 4)`, () => {
  let file: Awaited<ReturnType<typeof fileOf>>;

  beforeAll(async () => {
    file = await fileOf(LINES);
  }, 600_000);

  afterAll(() => file.remove());

  it.each(['awaiting', 'sync'] as const)(
    'should bring each line once and in order, with no more than 256 that wait, in bounded resident memory: %s',
    async (mode) => {
      const { peak, samples, highWater, ...report } = await readIn(mode, file.path);
      expect(report).toEqual({ status: 'completed', seen: LINES, inOrder: true, droppedTasks: 0 });
      expect(highWater).toBeLessThanOrEqual(256);
      expect(peak).toBeLessThan(BOUND);
      expect(samples).toBeGreaterThan(100);
    },
    600_000,
  );

  it('should be seen to go over the bound where the lines are pushed: the measure is not blind', async () => {
    const { highWater, peak, ...report } = await readIn('pushed', file.path);
    expect(report).toMatchObject({ status: 'completed', seen: LINES, inOrder: true });
    expect(highWater).toBeGreaterThan(LINES / 2);
    expect(peak).toBeGreaterThan(2 * BOUND);
  }, 600_000);
});
