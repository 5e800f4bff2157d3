import { Starving, type Waiting } from '../../lib/engine/Starving.js';

/** A job that waits; `from` is the handler that has started it, if that is known. */
const waiting = (from?: object, currentRoutineId?: string) => {
  const warn = jest.fn();
  const job: Waiting = { parent: from, isReady: true, parts: { ledger: { data: { jobId: 'j', currentRoutineId }, warn } } };
  return { job, warn };
};

describe('Starving (D33)', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const bench = (isNeeded = true) => {
    const all: Waiting[] = [];
    const starving = new Starving<Waiting>(Object.assign(all, { isEmpty: false }), isNeeded);
    return { all, starving };
  };

  it('should warn each job once that waits for its first worker for 1 s', () => {
    const { all, starving } = bench();
    const { job, warn } = waiting();
    all.push(job);
    starving.watch();
    jest.advanceTimersByTime(999);
    expect(warn).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(warn.mock.calls).toEqual([[expect.stringContaining('{ parent: ctx }')]]);
    starving.watch();
    jest.advanceTimersByTime(5_000);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('should warn also one that has come while it waited for another', () => {
    const { all, starving } = bench();
    starving.watch();
    const { job, warn } = waiting();
    all.push(job);
    jest.advanceTimersByTime(1_999);
    expect(warn).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it.each<[string, ReturnType<typeof waiting>, boolean]>([
    ['whose starter is known', waiting({}), true],
    ['that has had a worker', waiting(undefined, 's'), true],
    ['of a flow with async context', waiting(), false],
  ])('should not warn one %s', (_, { job, warn }, isNeeded) => {
    const { all, starving } = bench(isNeeded);
    all.push(job);
    starving.watch();
    jest.advanceTimersByTime(5_000);
    expect([warn.mock.calls, starving.first, jest.getTimerCount()]).toEqual([[], undefined, 0]);
  });

  it('should not warn one that has got a worker meanwhile, and set no timer for nobody', () => {
    const { all, starving } = bench();
    const { job, warn } = waiting();
    all.push(job);
    starving.watch();
    all.pop();
    jest.advanceTimersByTime(5_000);
    expect([warn.mock.calls, jest.getTimerCount()]).toEqual([[], 0]);
  });

  it('should set another timer if the fake ones that held the last one are gone', () => {
    const { all, starving } = bench();
    const { job, warn } = waiting();
    all.push(job);
    starving.watch();
    jest.useRealTimers();
    jest.useFakeTimers();
    starving.watch();
    jest.advanceTimersByTime(1_000);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('should leave out one that has ended or is paused, and stands in the ring still', () => {
    const { all, starving } = bench();
    all.push({ ...waiting().job, isReady: false });
    expect(starving.first).toBeUndefined();
  });

  it('should name the first of them', () => {
    const { all, starving } = bench();
    const [other, first, second] = [waiting({}), waiting(), waiting()];
    all.push(other.job, first.job, second.job);
    expect(starving.first).toBe(first.job);
  });
});
