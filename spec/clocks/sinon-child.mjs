// node sinon-child.mjs <moment>: @sinonjs/fake-timers on the built package.
import FakeTimers from '@sinonjs/fake-timers';
import { moments } from './journey.mjs';

let clock;
const fakes = {
  on: () => (clock = FakeTimers.install()),
  off: () => clock.uninstall(),
  advance: (ms) => clock.tickAsync(ms),
};
await moments[process.argv[2]]({ load: () => import('routilux'), fakes });
