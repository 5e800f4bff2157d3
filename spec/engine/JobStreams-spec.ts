import { merge, type Observable, Subject, tap } from 'rxjs';
import type { Data, Flow, Job } from '../../lib/index.js';
import { fromOperator } from '../../lib/rx/index.js';
import { callingClock } from '../support/callingClock.js';
import { emitting, flowOf } from '../support/flows.js';
import { turn } from '../support/virtualTime.js';

/** A flow whose entry feeds operators, one after the other. */
const feeding = (...operators: readonly ((input$: Observable<Data>) => Observable<Data>)[]): Flow => {
  const flow = flowOf({ s: { slots: { trigger: emitting({ n: 1 }) } } });
  for (const [place, operator] of operators.entries()) {
    flow.addRoutine(fromOperator(`op${place}`, operator), `op${place}`);
    flow.connect('s', 'o', `op${place}`, 'input');
  }
  return flow;
};

describe('JobStreams', () => {
  it('should complete no other stream of a job at rest if the first that completes ends the job (D31)', async () => {
    const completed: string[] = [];
    const made: { job?: Job } = {};
    const note = (name: string) => (input$: Observable<Data>) =>
      input$.pipe(
        tap({
          complete: () => {
            completed.push(name);
            void made.job?.cancel('by the first');
          },
        }),
      );
    const job = (made.job = feeding(note('first'), note('second')).start('s'));
    expect((await job.done).reason).toBe('by the first');
    expect(completed).toEqual(['first']);
  });

  it('should count no failure of a stream if the clock that is asked then ends the job (D31)', async () => {
    const failing$ = new Subject<Data>();
    const made: { job?: Job } = {};
    let isArmed = false;
    const clock = callingClock((call) => {
      if (!isArmed || call !== 'now') return;
      isArmed = false;
      void made.job?.cancel('by the clock');
    });
    const flow = flowOf({ s: { slots: { trigger: emitting({ n: 1 }) }, events: ['o'] } }, [], { scheduler: clock.scheduler });
    flow.addRoutine(
      fromOperator('op', (input$: Observable<Data>) => merge(input$, failing$)),
      'op',
    );
    flow.connect('s', 'o', 'op', 'input');
    const job = (made.job = flow.start('s'));
    await turn();
    expect(job.status).toBe('running');
    isArmed = true;
    failing$.error(new Error('no'));
    const state = await job.done;
    expect([state.status, state.reason, state.error]).toEqual(['cancelled', 'by the clock', undefined]);
    expect(state.metrics.routine('op')).toMatchObject({ failed: 0 });
    expect(state.history().filter(({ eventName }) => eventName === 'error')).toEqual([]);
  });
});
