import { mergeMap, Observable, type OperatorFunction, type SchedulerLike, Subject, tap } from 'rxjs';
import { Drain, type Drained } from '../../lib/engine/Drain.js';
import type { Leave } from '../../lib/engine/Reading.js';
import type { Seat, Sitting } from '../../lib/engine/Seat.js';
import { Steps } from '../../lib/engine/Steps.js';
import { Time } from '../../lib/engine/Time.js';
import { type Turn, Turns } from '../../lib/engine/Turns.js';
import { unfinished } from '../../lib/engine/unfinished.js';
import type { Worker } from '../../lib/engine/Worker.js';
import { handOut, type Pooled, WorkerPool } from '../../lib/engine/WorkerPool.js';

/** A job as the pool sees it: the names of the tasks that wait. */
export class Tasks implements Turn<Tasks>, Sitting<Tried> {
  inRing = false;
  before: Tasks | undefined = undefined;
  after: Tasks | undefined = undefined;
  lastSeat: Seat<Tried> | undefined = undefined;
  /** The tasks at work, by their names. */
  atWork: ReadonlyMap<string, Tried> | undefined = undefined;
  active = 0;
  readonly waiting: string[] = [];

  /** `starter` is the task whose handler waits for this job. */
  constructor(
    readonly cap = Infinity,
    readonly starter?: string,
  ) {}

  get lender(): Tried | undefined {
    return this.starter === undefined ? undefined : this.atWork?.get(this.starter);
  }

  get isReady(): boolean {
    return this.waiting.length > 0 && this.active < this.cap;
  }
}

interface Tried extends Pooled<Tried, Tasks> {
  readonly name: string;
  isAtWork: boolean;
}

/** A pool on its own, with a drain and a clock, and what is to be seen of it. */
export class PoolBench implements Drained {
  /** The tasks as they start. */
  readonly start$ = new Subject<string>();
  /** The tasks as they leave the pool. */
  readonly end$ = new Subject<string>();
  readonly value$ = new Subject<unknown>();
  /** The limits that `mergeMap` was given, one after the other. */
  readonly limits: number[] = [];
  /** How many workers `mergeMap` was offered. */
  offered = 0;
  /** The most workers that it held at once. */
  peak = 0;
  /** Tasks of which it was asked what they come to, although they were not at work any more. */
  readonly late: string[] = [];
  /** How many workers it has left while they held a task. */
  abandoned = 0;
  readonly drain: Drain;
  readonly turns: Turns<Tasks>;
  readonly pool: WorkerPool<Tried, Tasks>;
  readonly #steps = new Steps();
  readonly #atWork = new Map<string, Tried>();
  readonly #inside = new Map<Worker<Tried>, number>();
  readonly #job$ = new Subject<Tasks>();

  /** `handle` answers for the handler of each task. */
  constructor(
    scheduler: SchedulerLike,
    size: number,
    private readonly handle: (task: string) => unknown,
  ) {
    const time = new Time(scheduler);
    this.drain = new Drain(this, time, this.#steps);
    this.turns = new Turns(
      () => {
        this.drain.soon();
      },
      ({ lender }) => lender,
    );
    this.pool = new WorkerPool<Tried, Tasks>(this.#runner(), this.#events(), time, this.#steps, size);
    const offered = tap<Worker<Tried>>(() => this.offered++);
    const sized = this.pool.sized((limit) => this.#toPool(limit));
    this.#job$.pipe(this.pool.hire(this.turns), offered, sized).subscribe((tried) => {
      this.#settle(tried);
    });
  }

  /** Tasks come to a job. */
  put(job: Tasks, ...names: readonly string[]): void {
    job.atWork = this.#atWork;
    for (const name of names) {
      job.waiting.push(name);
      this.#job$.next(job);
    }
  }

  /** The same for each letter of a diagram, in its frame. */
  feed(job: Tasks, name$: Observable<string>): void {
    name$.subscribe((name) => {
      this.put(job, name);
    });
  }

  /** A task at work is aborted. */
  abort(name: string): void {
    this.drain.change(() => {
      this.#leave(this.#atWork.get(name) as Tried);
    });
  }

  resize(size: number): void {
    this.pool.resize(size);
  }

  /** How many workers `mergeMap` holds. */
  get inside(): number {
    return this.#inside.size;
  }

  // ── what the drain runs ─────────────────────────────────────────────────────────────────────────────────────────

  waitsToBegin(): boolean {
    return false;
  }

  hasWork(): boolean {
    return !this.turns.isEmpty;
  }

  begin(): void {}

  work(): void {
    this.pool.work(this.turns);
  }

  afterDrain(): void {}

  // ── the operators ───────────────────────────────────────────────────────────────────────────────────────────────

  #toPool(size: number): OperatorFunction<Worker<Tried>, Tried> {
    this.limits.push(size);
    return mergeMap((worker) => this.#counted(worker), size);
  }

  /** A worker that changes to another pool is in both for a moment. */
  #counted(worker: Worker<Tried>): Observable<Tried> {
    return new Observable((observer) => {
      this.#count(worker, 1);
      observer.add(() => {
        this.#count(worker, -1);
      });
      return worker.attempt$.subscribe(observer);
    });
  }

  #count(worker: Worker<Tried>, by: 1 | -1): void {
    const times = (this.#inside.get(worker) ?? 0) + by;
    if (times > 0) this.#inside.set(worker, times);
    else this.#lose(worker);
    this.peak = Math.max(this.peak, this.inside);
  }

  #lose(worker: Worker<Tried>): void {
    this.#inside.delete(worker);
    if (!worker.isFree) this.abandoned++;
  }

  // ── the tasks ───────────────────────────────────────────────────────────────────────────────────────────────────

  #runner() {
    return {
      take: (job: Tasks) => this.#take(job),
      takeIn: () => undefined,
      call: ({ name, isAtWork }: Tried) => (isAtWork ? unfinished(this.handle(name)) : undefined),
      succeed: (tried: Tried) => this.#decide(tried),
      fail: (tried: Tried) => this.#decide(tried),
      within: <S>(job: Tasks, work: (job: Tasks, subject: S) => void, subject: S) => {
        work(job, subject);
      },
    };
  }

  #decide({ name, isAtWork }: Tried): boolean {
    if (!isAtWork) this.late.push(name);
    return isAtWork;
  }

  #take(job: Tasks): Tried {
    const name = job.waiting.shift() as string;
    const tried: Tried = { name, run: job, isAtWork: true, seat: undefined, lent: false };
    job.active++;
    this.#atWork.set(name, tried);
    this.start$.next(name);
    return tried;
  }

  #events() {
    const finish = (tried: Tried): void => {
      if (tried.seat !== undefined) handOut(tried, tried.seat.worker, this.#steps);
    };
    const end = (tried: Tried): void => {
      this.drain.enter(finish, tried, undefined);
    };
    return {
      value: (_: Tried, value: unknown) => {
        this.value$.next(value);
      },
      lending: (tried: Tried) => {
        this.turns.lending(tried);
      },
      finished: end,
      failed: end,
      within: <T>(_: unknown, work: () => T): T => work(),
      breathe: (goOn: () => void) => {
        goOn();
      },
      leave: (_: Tried, leave: Leave) => {
        this.#steps.after(leave);
      },
    };
  }

  #settle(tried: Tried): void {
    this.#leave(tried);
    this.end$.next(tried.name);
    this.turns.add(tried.run);
  }

  #leave(tried: Tried): void {
    tried.isAtWork = false;
    tried.run.active--;
    this.#atWork.delete(tried.name);
    tried.seat?.vacate();
  }
}
