// Cancel: whoever starts a job may hand in an AbortSignal, and every handler gets one of its own. What waits is dropped,
// the handler at work hears of it, and the job says why it ended.
//
// prints:
//   page 1 is printed
//   page 2 is torn up: Job 'print' was cancelled: out of paper
//   cancelled (out of paper), 2 of 3 pages dropped
import { setTimeout as sleep } from 'node:timers/promises';
import { Flow, Routine } from 'routilux';

const desk = new Routine();
const page = desk.defineEvent<{ n: number }>('page');
desk.defineSlot('trigger', (_, ctx) => {
  for (const n of [1, 2, 3]) ctx.emit(page, { n });
});

const paper = new AbortController();
const printer = new Routine();
const input = printer.defineSlot('input', async ({ n }: { n: number }, { signal }) => {
  signal.addEventListener('abort', () => console.log(`page ${String(n)} is torn up: ${(signal.reason as Error).message}`));
  await sleep(n === 1 ? 1 : 60_000, undefined, { signal });
  console.log(`page ${String(n)} is printed`);
  setTimeout(() => paper.abort('out of paper'), 5);
});

const flow = new Flow();
flow.addRoutine(desk, 'desk');
flow.addRoutine(printer, 'printer');
flow.connect(page, input);

const { status, reason, metrics } = await flow.execute('desk', {}, { jobId: 'print', signal: paper.signal });
console.log(`${status} (${String(reason)}), ${String(metrics.flow().droppedTasks)} of 3 pages dropped`);
