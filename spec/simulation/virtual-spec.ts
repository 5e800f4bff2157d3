import { disturbances, jobs, patience } from '../support/arbitrary.js';
import { ANY, holds, TIMED, timeoutMs, workers } from './holds.js';

// ROUTILUX_LONG makes it 10,000 worlds in place of 1,000.
describe('random flows in virtual time', () => {
  it(
    'should do exactly what the model says, in its order, with one worker (S12, S18, S58, D1, D7, D13, D15, D24)',
    () => holds({ kinds: ANY, drastic: true, jobs: jobs(1, { timeoutMs }) }),
    patience,
  );

  it(
    'should do exactly what the model says with 1 to 8 workers (S17, S59, S67, D2)',
    () => holds({ kinds: TIMED, drastic: true, workers, jobs: jobs(1, { timeoutMs }) }),
    patience,
  );

  it(
    'should end as the model says when a job is cancelled at any instant (S90, S91, D2)',
    () => holds({ kinds: TIMED, workers, jobs: jobs(1, { disturbances: disturbances(['cancel']) }) }),
    patience,
  );
});
