import { asyncScheduler, Subscription } from 'rxjs';
import { later } from '../../lib/prelude/later.js';
import { platformTimer } from '../../lib/prelude/platformTimer.js';

const real = { setTimeout };

/** Waits in real time, whatever is faked. */
const pass = (ms: number): Promise<void> => new Promise((resolve) => void real.setTimeout(resolve, ms));

const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

describe('platformTimer', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('should ring once at its time, by fake timers if there are some', () => {
    jest.useFakeTimers();
    const work = jest.fn();
    platformTimer(work, 20);
    jest.advanceTimersByTime(19);
    expect(work).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1_000);
    expect([work.mock.calls.length, jest.getTimerCount()]).toEqual([1, 0]);
  });

  it.each(['modern', 'legacy'])('should ring once if it is real, and the timers are fake by then (%s)', async (kind) => {
    const before = timers();
    const work = jest.fn();
    platformTimer(work, 5);
    jest.useFakeTimers({ legacyFakeTimers: kind === 'legacy' });
    await pass(40);
    expect([work.mock.calls.length, timers() - before]).toEqual([1, 0]);
  });

  it('should leave no timer if it is real, and is stopped under fake ones', async () => {
    const before = timers();
    const work = jest.fn();
    const timer = platformTimer(work, 5);
    jest.useFakeTimers();
    timer.unsubscribe();
    jest.useRealTimers();
    expect(timers()).toBe(before);
    await pass(20);
    expect(work).not.toHaveBeenCalled();
  });

  it.each(['modern', 'legacy'])('should go on in real time if fake timers that held it are gone (%s)', async (kind) => {
    jest.useFakeTimers({ legacyFakeTimers: kind === 'legacy' });
    const work = jest.fn();
    platformTimer(work, 20);
    await pass(120);
    expect(work).not.toHaveBeenCalled();
    jest.useRealTimers();
    await pass(200);
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('should go on by the next fake timers if others take their place', async () => {
    jest.useFakeTimers();
    const work = jest.fn();
    platformTimer(work, 60_000);
    jest.useRealTimers();
    jest.useFakeTimers();
    await pass(120);
    expect(work).not.toHaveBeenCalled();
    jest.advanceTimersByTime(60_000);
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('should not ring any more once it is stopped, also if it has gone on', async () => {
    jest.useFakeTimers();
    const work = jest.fn();
    const [early, late] = [platformTimer(work, 100), platformTimer(work, 100)];
    early.unsubscribe();
    jest.useRealTimers();
    await pass(60);
    late.unsubscribe();
    await pass(120);
    expect(work).not.toHaveBeenCalled();
  });

  it('should keep no process if it has gone on: fake timers did not either', async () => {
    const before = timers();
    jest.useFakeTimers();
    const timer = platformTimer(() => undefined, 60_000);
    jest.useRealTimers();
    await pass(120);
    // Resources that keep no process are not told of.
    expect(timers()).toBe(before);
    timer.unsubscribe();
  });

  it('should not be what later takes if a test has put virtual time under the scheduler of RxJS: that rings it, or nobody does', async () => {
    jest.useFakeTimers();
    const works: (() => void)[] = [];
    asyncScheduler.schedule = (work: () => void) => {
      works.push(work);
      return Subscription.EMPTY;
    };
    const work = jest.fn();
    later(asyncScheduler, 5, work);
    Reflect.deleteProperty(asyncScheduler, 'schedule');
    jest.useRealTimers();
    await pass(120);
    expect(work).not.toHaveBeenCalled();
    for (const ring of works) ring();
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('should be what later takes otherwise', async () => {
    jest.useFakeTimers();
    const work = jest.fn();
    later(asyncScheduler, 5, work);
    jest.useRealTimers();
    await pass(120);
    expect(work).toHaveBeenCalledTimes(1);
  });
});
