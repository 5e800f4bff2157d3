// Timeout: a job that takes too long ends as failed. The handler at work is told by its signal, so it can put away what
// it holds; one that does not listen is aborted all the same. A single run may have a limit of its own.
//
// prints:
//   the line is put down
//   failed: Job 'fishing' was still running at its timeout of 20 ms; raise executionTimeoutMs, or timeoutMs of this run.
//   completed: a fish!
import { Flow, Routine } from 'routilux';

const angler = new Routine();
angler.defineSlot('trigger', ({ biteAfterMs }: { biteAfterMs: number }, { signal }) => {
  return new Promise<void>((resolve) => {
    const bite = setTimeout(resolve, biteAfterMs);
    signal.addEventListener('abort', () => {
      clearTimeout(bite);
      console.log('the line is put down');
    });
  });
});

const flow = new Flow({ executionTimeoutMs: 20 });
flow.addRoutine(angler, 'angler');

const hungry = await flow.execute('angler', { biteAfterMs: 60_000 }, { jobId: 'fishing' });
console.log(`${hungry.status}: ${String(hungry.error?.message)}`);

const lucky = await flow.execute('angler', { biteAfterMs: 40 }, { timeoutMs: 10_000 });
console.log(`${lucky.status}: a fish!`);
