// Retry: a service is busy twice before it answers. The task is tried again after 10 and 20 ms; while it waits, other
// tasks go on. Only what is worth it is tried again: a bad address fails at once.
//
// prints:
//   attempt 1: busy
//   attempt 1: no such address
//   attempt 2: busy
//   attempt 3: delivered to Ada
//   failed after 1 attempt: no such address
import { ErrorHandler, Flow, Routine } from 'routilux';

class BusyError extends Error {}

const courier = new Routine();
courier.defineSlot('trigger', ({ to, busy }: { to: string; busy: number }, { attempt }) => {
  const outcome = to === 'nobody' ? 'no such address' : attempt <= busy ? 'busy' : `delivered to ${to}`;
  console.log(`attempt ${String(attempt)}: ${outcome}`);
  if (outcome === 'busy') throw new BusyError(outcome);
  if (outcome === 'no such address') throw new RangeError(outcome);
});
courier.setErrorHandler(new ErrorHandler({ strategy: 'retry', maxRetries: 5, delayMs: 10, backoff: 2, retryOn: [BusyError] }));

const flow = new Flow({ maxWorkers: 2 });
flow.addRoutine(courier, 'courier');
const ada = flow.execute('courier', { to: 'Ada', busy: 2 });
const nobody = await flow.execute('courier', { to: 'nobody', busy: 0 });
await ada;

const { attempts, reason } = nobody.error?.details as { attempts: number; reason: string };
console.log(`${nobody.status} after ${String(attempts)} attempt: ${reason}`);
