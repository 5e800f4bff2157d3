import fc from 'fast-check';
import {
  bufferToggle,
  distinctUntilChanged,
  filter,
  merge,
  mergeAll,
  type Observable,
  startWith,
  Subject,
  windowToggle,
} from 'rxjs';
import { gate, type Toggle } from '../../lib/engine/gate.js';
import { Job, type Task } from '../support/gated.js';

/** A task comes to one of three jobs, or the gate of one opens or closes. */
interface Act {
  readonly job: number;
  readonly does: 'come' | 'open' | 'close';
}

const act: fc.Arbitrary<Act> = fc.record({ job: fc.nat(2), does: fc.constantFrom('come', 'come', 'open', 'close') });

/** In which act each task passes, for each job; a task is named by the act in which it came. */
type Passed = readonly (readonly (readonly [at: number, task: number])[])[];

/** What most would write for one job: it is closed at first. */
const plainGate = (task$: Observable<number>, open$: Observable<boolean>): Observable<number> => {
  const change$ = open$.pipe(startWith(false), distinctUntilChanged());
  const [opening$, closing$] = [change$.pipe(filter((open) => open)), change$.pipe(filter((open) => !open))];
  return merge(
    task$.pipe(
      bufferToggle(closing$, () => open$.pipe(filter((open) => open))),
      mergeAll(),
    ),
    task$.pipe(
      windowToggle(opening$, () => open$.pipe(filter((open) => !open))),
      mergeAll(),
    ),
  );
};

const plain = (acts: readonly Act[]): Passed =>
  [0, 1, 2].map((job) => {
    const [task$, open$] = [new Subject<number>(), new Subject<boolean>()];
    const passed: [number, number][] = [];
    let now = 0;
    plainGate(task$, open$).subscribe((task) => passed.push([now, task]));
    for (const [at, { does }] of [...acts.entries()].filter(([, each]) => each.job === job)) {
      now = at;
      if (does === 'come') task$.next(at);
      else open$.next(does === 'open');
    }
    return passed;
  });

const ours = (acts: readonly Act[]): Passed => {
  const jobs = [new Job(), new Job(), new Job()] as const;
  const passed: [number, number][][] = jobs.map(() => []);
  const [task$, toggle$] = [new Subject<Task>(), new Subject<Toggle<Job>>()];
  let now = 0;
  task$.pipe(gate(toggle$)).subscribe((job) => {
    for (const name of job.take().split(' ').slice(1)) passed[jobs.indexOf(job)]?.push([now, Number(name)]);
  });
  for (const [at, { job, does }] of acts.entries()) {
    const run = jobs[job] as Job;
    now = at;
    if (does === 'come') task$.next(run.task(` ${at}`));
    else toggle$.next(run.toggle(does === 'open'));
  }
  return passed;
};

describe('gate and its plain twin', () => {
  it('should let the tasks of each job pass when `windowToggle` beside `bufferToggle` does', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 80, size: 'max' }), (acts) => {
        expect(ours(acts)).toEqual(plain(acts));
      }),
    );
  });
});
