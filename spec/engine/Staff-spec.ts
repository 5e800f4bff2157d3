import { mergeMap, NEVER, Observable } from 'rxjs';
import { heldBy, type Seated, type SeatEvents, type Sitting } from '../../lib/engine/Seat.js';
import { Staff } from '../../lib/engine/Staff.js';
import type { Worker } from '../../lib/engine/Worker.js';

interface Tried extends Seated<Tried> {
  readonly name: string;
  isAtWork: boolean;
}

const EVENTS: SeatEvents<Tried> = {
  value: () => undefined,
  finished: () => undefined,
  failed: () => undefined,
  lending: () => undefined,
  within: (_, work) => work(),
  breathe: (goOn) => {
    goOn();
  },
  leave: (_, leave) => {
    leave();
  },
};

/** The staff of a pool, whose `mergeMap` is a real one; what it hands out. */
const bench = (size: number) => {
  const told: string[] = [];
  const staff = new Staff<Tried>(EVENTS, size, () => told.push('there is a worker'));
  const limits: number[] = [];
  const attempts: string[] = [];
  const run: Sitting<Tried> = { lastSeat: undefined };
  const heldAt = (worker: Worker<Tried> | undefined): Tried | undefined =>
    heldBy(run).find(({ seat }) => seat?.worker === worker);
  new Observable<Worker<Tried>>((observer) => {
    staff.offerTo(observer);
  })
    .pipe(
      staff.sized((limit) => {
        limits.push(limit);
        return mergeMap((worker: Worker<Tried>) => worker.attempt$, limit);
      }),
    )
    .subscribe(({ name }) => attempts.push(name));
  /** As many as are free, each at work on something that does not end. */
  const employ = (count: number): Worker<Tried>[] =>
    Array.from({ length: count }, (_, n) => {
      const worker = staff.free() as Worker<Tried>;
      worker.hold(
        { name: `t${n}`, isAtWork: true, seat: undefined, lent: false, run },
        { kind: 'pushed', observe: () => NEVER },
        undefined,
      );
      return worker;
    });
  /** The attempt of a worker ends. */
  const end = (worker: Worker<Tried>): void => {
    const attempt = heldAt(worker);
    if (attempt === undefined) return;
    attempt.isAtWork = false;
    attempt.seat?.vacate();
  };
  /** Who is at work. */
  const names = (): readonly string[] => heldBy(run).map(({ name }) => name);
  return { staff, told, limits, attempts, employ, end, heldAt, names };
};

describe('Staff', () => {
  it('should hire one more worker if nobody is idle, up to the limit of mergeMap', () => {
    const { staff, employ, names } = bench(2);
    const workers = employ(2);
    expect(new Set(workers).size).toBe(2);
    expect(staff.free()).toBeUndefined();
    expect(names()).toEqual(['t0', 't1']);
  });

  it('should offer no other as long as one waits in the buffer of mergeMap', () => {
    const { staff, employ, end, told } = bench(1);
    const [worker] = employ(1);
    told.length = 0;
    for (let time = 0; time < 3; time++) expect(staff.free()).toBeUndefined();
    end(worker as Worker<Tried>);
    expect(staff.free()).toBe(worker);
    expect(staff.free()).toBeUndefined();
    expect(told).toEqual([]);
  });

  it('should take who is idle before it hires', () => {
    const { staff, employ, end } = bench(3);
    const [first] = employ(2);
    end(first as Worker<Tried>);
    expect(staff.free()).toBe(first);
  });

  it('should hand out attempts of a worker that changes to another pool there, once', () => {
    const { staff, limits, attempts, employ, names, heldAt } = bench(1);
    const [worker] = employ(1);
    staff.resize(3);
    expect([staff.size, limits]).toEqual([3, [1, 3]]);
    const attempt = heldAt(worker);
    (worker as Worker<Tried>).out?.next(attempt as Tried);
    expect(attempts).toEqual(['t0']);
    expect(names()).toEqual(['t0']);
  });

  it('should say that there is a worker when it grows, and not when it shrinks', () => {
    const { staff, told } = bench(2);
    staff.resize(1);
    expect(told).toEqual([]);
    staff.resize(2);
    expect(told).toEqual(['there is a worker']);
  });

  it('should shrink at once if nobody too many is at work: the idle ones go home', () => {
    const { staff, limits, employ, end, names } = bench(3);
    const workers = employ(3);
    for (const worker of workers.slice(1)) end(worker);
    staff.resize(1);
    expect([limits, names()]).toEqual([[3, 1], ['t0']]);
    expect(staff.free()).toBeUndefined();
  });

  it('should not shrink under those at work: until so few are left, whoever ends goes home, and nobody is hired', () => {
    const { staff, limits, employ, end, names } = bench(3);
    const [a, b, c] = employ(3) as [Worker<Tried>, Worker<Tried>, Worker<Tried>];
    staff.resize(1);
    expect([limits, staff.isOverstaffed]).toEqual([[3], true]);
    end(a);
    expect([limits, staff.free(), names()]).toEqual([[3], undefined, ['t1', 't2']]);
    end(b);
    expect([limits, names(), staff.isOverstaffed]).toEqual([[3, 1], ['t2'], false]);
    end(c);
    expect(staff.free()).toBe(c);
  });

  it('should send home a newcomer that a larger pool lets in too late', () => {
    const { staff, employ, end, names } = bench(2);
    const [a, b] = employ(2) as [Worker<Tried>, Worker<Tried>];
    // One waits in the buffer.
    expect(staff.free()).toBeUndefined();
    staff.resize(1);
    end(a);
    expect(names()).toEqual(['t1']);
    end(b);
    expect(staff.free()).toBe(b);
    expect(staff.free()).toBeUndefined();
  });

  it('should keep the idle when no job is left, but not more than 64', () => {
    const { staff, employ, end } = bench(100);
    for (const worker of employ(100)) end(worker);
    staff.trim();
    const kept = Array.from({ length: 64 }, () => staff.free());
    expect(new Set(kept).size).toBe(64);
    expect(kept).not.toContain(undefined);
  });
});
