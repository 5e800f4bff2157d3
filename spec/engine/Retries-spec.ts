import { VirtualTimeScheduler } from 'rxjs';
import type { Emission } from '../../lib/engine/Emission.js';
import { Retries } from '../../lib/engine/Retries.js';

/** The next attempt of a task that is known by its number. */
const emission = (order: number): Emission => ({ routes: [], data: {}, order, firstPlace: 0, tried: 1, input: undefined });

const numbers = (emissions: readonly Emission[]): readonly number[] => emissions.map(({ order }) => order);

/** Retries on a clock of their own, and when which of them fell due. */
const onClock = () => {
  const scheduler = new VirtualTimeScheduler();
  const due: [number, number][] = [];
  const retries = new Retries(scheduler, ({ order }) => due.push([order, scheduler.now()]));
  const until = (ms: number): void => {
    scheduler.maxFrames = ms;
    scheduler.flush();
  };
  return { scheduler, retries, due, until };
};

describe('Retries (D20)', () => {
  it('should tell each at its time, whatever the order in which they came', () => {
    const { retries, due, until } = onClock();
    retries.add(emission(1), 0, 30);
    retries.add(emission(2), 0, 10);
    retries.add(emission(3), 0, 20);
    until(9);
    expect(due).toEqual([]);
    until(100);
    expect(due).toEqual([
      [2, 10],
      [3, 20],
      [1, 30],
    ]);
    expect(retries.delayed).toEqual([]);
  });

  it('should tell those of one instant in the order in which they came', () => {
    const { retries, due, until } = onClock();
    for (const order of [3, 1, 2]) retries.add(emission(order), 0, 10);
    expect(numbers(retries.delayed.map(({ emission: each }) => each))).toEqual([3, 1, 2]);
    until(10);
    expect(due.map(([order]) => order)).toEqual([3, 1, 2]);
  });

  it('should show what waits in due order, with its instant, until it is due', () => {
    const { retries, until } = onClock();
    retries.add(emission(1), 1_000, 30);
    retries.add(emission(2), 1_005, 10);
    const shown = (): unknown => retries.delayed.map(({ emission: { order }, dueAt }) => [order, dueAt]);
    expect(shown()).toEqual([
      [2, 1_015],
      [1, 1_030],
    ]);
    until(10);
    expect(shown()).toEqual([[1, 1_030]]);
  });

  it('should keep what falls due behind a closed gate, in that order, and hand it out once', () => {
    const { retries } = onClock();
    for (const order of [2, 1, 3]) retries.keep(emission(order));
    expect(numbers(retries.overdue)).toEqual([2, 1, 3]);
    expect(numbers(retries.takeOverdue())).toEqual([2, 1, 3]);
    expect([retries.overdue, retries.takeOverdue()]).toEqual([[], []]);
  });

  it('should leave nothing behind where it is cleared: no timer, and nothing overdue (X)', () => {
    const { scheduler, retries, due, until } = onClock();
    retries.add(emission(1), 0, 10);
    retries.add(emission(2), 0, 2 ** 40);
    retries.keep(emission(3));
    retries.clear();
    expect([retries.delayed, retries.overdue, scheduler.actions]).toEqual([[], [], []]);
    until(2 ** 41);
    expect(due).toEqual([]);
  });

  it('should wait longer than a platform timer can hold (rule 5)', () => {
    const { retries, due, until } = onClock();
    const year = 365 * 86_400_000;
    retries.add(emission(1), 0, year);
    until(year - 1);
    expect([due, retries.delayed.length]).toEqual([[], 1]);
    until(year);
    expect(due).toEqual([[1, year]]);
  });
});
