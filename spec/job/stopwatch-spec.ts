import { RoutineData } from '../../lib/job/RoutineData.js';
import * as fold from '../../lib/job/fold.js';
import { isTimed } from '../../lib/job/stopwatch.js';

/** Which of a number of runs, each as long as said, are timed. */
const timedRuns = (runs: number, ms: number, routine: RoutineData): number[] =>
  [...Array(runs).keys()].filter(() => {
    const timed = isTimed(routine.times);
    if (timed) fold.timed(routine, ms);
    else fold.untimed(routine);
    return timed;
  });

const routineOf = (): RoutineData => new RoutineData('r', [], []);

describe('the stopwatch of a routine', () => {
  it('should time every run of a slow one (G81)', () => {
    const routine = routineOf();
    expect(timedRuns(50, 20, routine)).toHaveLength(50);
    expect(routine.times).toMatchObject({ timed: 50, totalMs: 1_000, minMs: 20, maxMs: 20, executionTimeMs: 20 });
  });

  it('should time the first run of a quick one, and then fewer and fewer, but at least every 65th', () => {
    const places = timedRuns(2_000, 0.001, routineOf());
    const gaps = places.slice(1).map((place, index) => place - (places[index] ?? 0));
    expect(places[0]).toBe(0);
    expect(gaps).toEqual([...gaps].sort((a, b) => a - b));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(65);
    expect(gaps.at(-1)).toBeGreaterThan(32);
  });

  it('should go back to every run as soon as a timed one was slow', () => {
    const routine = routineOf();
    timedRuns(1_000, 0.001, routine);
    let untilTimed = 0;
    for (; !isTimed(routine.times); untilTimed++) fold.untimed(routine);
    fold.timed(routine, 5);
    expect(untilTimed).toBeLessThanOrEqual(65);
    expect(timedRuns(10, 5, routine)).toHaveLength(10);
  });

  it('should know the shortest and the longest of the times it took', () => {
    const routine = routineOf();
    for (const ms of [3, 1, 2]) fold.timed(routine, ms);
    expect(routine.times).toMatchObject({ timed: 3, totalMs: 6, minMs: 1, maxMs: 3, executionTimeMs: 2 });
  });
});
