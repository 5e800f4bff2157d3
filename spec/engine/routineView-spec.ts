import { map, type Observable } from 'rxjs';
import type { Data, Handler, Job } from '../../lib/index.js';
import { emitting, flowOf } from '../support/flows.js';
import { marbles } from '../support/marbles.js';
import { ours, thrown } from '../support/thrown.js';

const statusOf = (view$: Observable<Data | undefined>): Observable<unknown> =>
  view$.pipe(map((state) => state?.['status'] ?? 'none'));

const VALUES = { r: 'running', c: 'completed', f: 'failed' };

const started = (scheduler: Parameters<typeof flowOf>[2], trigger: Handler): Job =>
  flowOf({ s: { slots: { trigger: emitting({}) } }, t: { slots: { i: trigger } } }, ['s.o -> t.i'], scheduler).start('s');

describe('routineView', () => {
  it(
    'should give the state now, then with each start and end of a task, and complete with the job (API)',
    marbles(({ cold, scheduler, expectObservable }) => {
      const job = started({ scheduler }, () => cold('       ----|'));
      expectObservable(statusOf(job.routine$('t'))).toBe('  r---(c|)', VALUES);
      expectObservable(statusOf(job.routine$('t')), '--^').toBe('--r-(c|)', VALUES);
    }),
  );

  it(
    'should give a late subscriber the last state, and its end',
    marbles(({ cold, scheduler, expectObservable }) => {
      const job = started({ scheduler }, () => cold('-#'));
      expectObservable(statusOf(job.routine$('t')), '-----^').toBe('-----(f|)', VALUES);
    }),
  );

  it('should hold the own keys of the routine beside those of the engine, in a copy', async () => {
    const seen: unknown[] = [];
    const job = started({}, (_data, ctx) => {
      ctx.setState({ rows: [1] });
    });
    job.routine$('t').subscribe((state) => {
      seen.push(state?.['rows']);
      (state?.['rows'] as number[] | undefined)?.push(2);
    });
    await job.done;
    expect(seen).toEqual([undefined, undefined, [1, 2]]);
    expect(job.state.routineState('t')).toMatchObject({ rows: [1], status: 'completed' });
  });

  it('should not own the job, and name what there is where it is asked for a routine that there is not', async () => {
    const job = started({}, () => undefined);
    job.routine$('t').subscribe().unsubscribe();
    const error = ours(thrown(() => job.routine$('x')));
    expect([error.code, error.message]).toEqual(['UNKNOWN_ROUTINE', expect.stringContaining("'s', 't'")]);
    expect((await job.done).status).toBe('completed');
  });
});
