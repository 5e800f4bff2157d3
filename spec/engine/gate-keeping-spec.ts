import type { Observable } from 'rxjs';
import { gate, type Gated, type Toggle } from '../../lib/engine/gate.js';
import { type Marbles, marbles } from '../support/marbles.js';

interface Bound {
  readonly name: string;
  readonly origin: { readonly run: Run };
}

/** A job that only notes what its gate does with it. */
class Run implements Gated<Bound> {
  isOpen = false;
  inRing = false;
  readonly log: string[] = [];

  keep({ name }: Bound): void {
    this.log.push(name);
  }

  requeue(): void {
    this.log.push('requeue');
  }
}

/** The tasks a, b, … of one job, and those of another in capitals; `o` opens the gate of the first and `x` closes it, `O` and `X` the other's. */
const gated = ({ hot }: Marbles, task: string, toggle: string) => {
  const [one, other] = [new Run(), new Run()];
  const runOf = (name: string): Run => (name === name.toLowerCase() ? one : other);
  const tasks = Object.fromEntries([...'abcdABCD'].map((name) => [name, { name, origin: { run: runOf(name) } }]));
  const toggles = Object.fromEntries(
    [...'oxOX'].map((name): [string, Toggle<Run>] => [name, { run: runOf(name), open: name.toLowerCase() === 'o' }]),
  );
  const task$ = hot<Bound>(task, tasks);
  const toggle$ = hot<Toggle<Run>>(toggle, toggles);
  const run$: Observable<Run> = task$.pipe(gate<Bound, Run>(toggle$));
  return { one, other, task$, toggle$, run$, values: { r: one, R: other } };
};

describe('gate', () => {
  it(
    'should announce a job for each task, and when its gate opens',
    marbles((m) => {
      const { one, run$, values } = gated(m, '--a--b---', 'o--------');
      m.expectObservable(run$).toBe('          r-r--r---', values);
      m.flush();
      expect(one.log).toEqual(['requeue', 'a', 'b']);
    }),
  );

  it(
    'should keep tasks behind a closed gate in the queue of their job, and announce that job once when it opens',
    marbles((m) => {
      const { one, run$, values } = gated(m, '--a--b---c', 'o--x---o--');
      m.expectObservable(run$).toBe('          r-r----r-r', values);
      m.flush();
      expect(one.log).toEqual(['requeue', 'a', 'b', 'requeue', 'c']);
    }),
  );

  it(
    'should keep tasks that come before the first toggle (S80)',
    marbles((m) => {
      const { one, run$, values } = gated(m, '-a-b-----', '-----o---');
      m.expectObservable(run$).toBe('          -----r---', values);
      m.flush();
      expect(one.log).toEqual(['a', 'b', 'requeue']);
    }),
  );

  it(
    'should go by the last toggle of a frame, and put into the queue anew only what a closed gate held',
    marbles((m) => {
      const { one, run$, values } = gated(m, '--a---b----c', 'o---(xo)(ox)');
      m.expectObservable(run$).toBe('          r-r-r-r-r---', values);
      m.flush();
      expect(one.log).toEqual(['requeue', 'a', 'requeue', 'b', 'c']);
    }),
  );

  it(
    'should hold up one job and not another',
    marbles((m) => {
      const { one, other, run$, values } = gated(m, '--a-A-b-B-', 'O---------');
      m.expectObservable(run$).toBe('                R---R---R-', values);
      m.flush();
      expect([one.log, other.log]).toEqual([
        ['a', 'b'],
        ['requeue', 'A', 'B'],
      ]);
    }),
  );

  it(
    'should not announce a job that stands in the ring already, and keep its task all the same',
    marbles((m) => {
      const { one, run$ } = gated(m, '--a--b---', '---------');
      one.isOpen = one.inRing = true;
      m.expectObservable(run$).toBe('  ---------');
      m.flush();
      expect(one.log).toEqual(['a', 'b']);
    }),
  );

  it(
    'should let pass what is put in anew before it announces the job, and with the gate closed still (D22)',
    marbles((m) => {
      const { one, run$, values } = gated(m, '---------', '--o------');
      const open: boolean[] = [];
      one.requeue = () => void open.push(one.isOpen);
      m.expectObservable(run$).toBe('          --r------', values);
      m.flush();
      expect([open, one.isOpen]).toEqual([[false], true]);
    }),
  );

  it(
    'should leave tasks and toggles when it is left (early unsubscribe)',
    marbles((m) => {
      const { run$, task$, toggle$, values } = gated(m, '--a--b---', 'o--------');
      m.expectObservable(run$, '               ^--!').toBe('r-r', values);
      m.expectSubscriptions(task$.subscriptions).toBe('^--!');
      m.expectSubscriptions(toggle$.subscriptions).toBe('^--!');
    }),
  );
});
