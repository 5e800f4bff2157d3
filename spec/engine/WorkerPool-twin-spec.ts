import fc from 'fast-check';
import {
  concat,
  defer,
  EMPTY,
  ignoreElements,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  Subject,
  timer,
  VirtualTimeScheduler,
} from 'rxjs';
import { PoolBench, Tasks } from '../support/pool.js';

/** When a task comes, and how long it takes; 0 if it is answered at once. */
interface Task {
  readonly at: number;
  readonly ms: number;
}

/** From a frame on there are to be so many workers. */
interface Change {
  readonly at: number;
  readonly size: number;
}

// Tasks come and end in even frames and the number changes in odd ones, so that it is plain which of them is first.
const even = (max: number): fc.Arbitrary<number> => fc.nat(max / 2).map((n) => n * 2);
const odd = even(80).map((n) => n + 1);
const size = fc.integer({ min: 1, max: 7 });
const task = fc.record({ at: even(10), ms: fc.oneof(fc.constant(0), even(30)) });
const tasks = fc.array(task, { maxLength: 40, size: 'max' });
const changes = fc.array(fc.record({ at: odd, size }), { maxLength: 6 }).map((all) => all.sort((a, b) => a.at - b.at));

/** The frames in which each task starts and ends. */
type Frames = readonly (readonly [start: number, end: number])[];

const framesIn = (scheduler: VirtualTimeScheduler, start$: Observable<number>, end$: Observable<number>): Frames => {
  const frames: [number, number][] = [];
  start$.subscribe((n) => (frames[n] = [scheduler.now(), Infinity]));
  end$.subscribe((n) => ((frames[n] as [number, number])[1] = scheduler.now()));
  scheduler.flush();
  return frames;
};

const answer = (scheduler: VirtualTimeScheduler, { ms }: Task): Observable<unknown> => (ms === 0 ? EMPTY : timer(ms, scheduler));

/** What most would write: each task an inner observable of `mergeMap`. */
const plainPool = (all: readonly Task[], limit: number): Frames => {
  const scheduler = new VirtualTimeScheduler();
  const start$ = new Subject<number>();
  const work = (n: number): Observable<number> =>
    defer(() => {
      start$.next(n);
      return concat(answer(scheduler, all[n] as Task).pipe(ignoreElements()), of(n));
    });
  const come$ = merge(...all.map((each, n) => timer(each.at, scheduler).pipe(map(() => n))));
  return framesIn(scheduler, start$, come$.pipe(mergeMap(work, limit)));
};

/** The same when the number changes: in each frame tasks start, in the order in which they have come, while fewer are at work. */
const modelPool = (all: readonly Task[], first: number, later: readonly Change[]): Frames => {
  const frames: (readonly [number, number])[] = [];
  const queue = all.map((each, n) => ({ ...each, n })).sort((a, b) => a.at - b.at);
  for (let frame = 0; queue.length > 0; frame++) {
    const limit = later.filter(({ at }) => at <= frame).at(-1)?.size ?? first;
    const isFree = (): boolean => frames.filter(([, end]) => end > frame).length < limit;
    while (queue[0] !== undefined && queue[0].at <= frame && isFree()) {
      const { n, ms } = queue.shift() as Task & { n: number };
      frames[n] = [frame, frame + ms];
    }
  }
  return frames;
};

const benchPool = (all: readonly Task[], first: number, later: readonly Change[] = []): { frames: Frames; bench: PoolBench } => {
  const scheduler = new VirtualTimeScheduler();
  const bench = new PoolBench(scheduler, first, (name) => answer(scheduler, all[Number(name)] as Task));
  const job = new Tasks();
  for (const [n, { at }] of all.entries())
    scheduler.schedule(() => {
      bench.put(job, String(n));
    }, at);
  for (const { at, size: next } of later)
    scheduler.schedule(() => {
      bench.resize(next);
    }, at);
  return { frames: framesIn(scheduler, bench.start$.pipe(map((n) => Number(n))), bench.end$.pipe(map((n) => Number(n)))), bench };
};

describe('the pool of workers and its plain twins', () => {
  it('should start and end each task in the same frame as `mergeMap(task, size)`', () => {
    fc.assert(
      fc.property(tasks, size, (all, limit) => {
        const { frames, bench } = benchPool(all, limit);
        expect(frames).toEqual(plainPool(all, limit));
        expect(bench.peak).toBeLessThanOrEqual(limit);
      }),
    );
  });

  it('should start and end each task in the same frame as a plain queue if the number of workers changes', () => {
    fc.assert(
      fc.property(tasks, size, changes, (all, first, later) => {
        const { frames, bench } = benchPool(all, first, later);
        expect(frames).toEqual(modelPool(all, first, later));
        expect(bench.abandoned).toBe(0);
        expect(bench.inside).toBeLessThanOrEqual(later.at(-1)?.size ?? first);
        expect(bench.peak).toBeLessThanOrEqual(Math.max(...bench.limits));
      }),
    );
  });
});
