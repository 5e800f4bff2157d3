// Runs batches of jobs side by side, and tells how much of the heap is left after each, dead objects of the old generation not collected.
import { type Context, Flow, Routine } from '../../lib/index.js';

const [, , jobs = '0', batches = '0'] = process.argv;
const collect = globalThis.gc as (options?: { type: 'minor' }) => void;

const routine = new Routine();
routine.defineEvent('o');
routine.defineSlot('trigger', ({ n = 0 }: { n?: number }, ctx: Context) => {
  if (n < 50) ctx.emit('o', { n: n + 1 });
});
const flow = new Flow();
flow.addRoutine(routine, 's');
flow.connect('s', 'o', 's', 'trigger');

const batch = async (): Promise<void> => {
  await Promise.all(Array.from({ length: Number(jobs) }, async () => void (await flow.execute('s'))));
};

const main = async (): Promise<void> => {
  for (let time = 0; time < 10; time++) await batch();
  collect();
  const heap: number[] = [];
  for (let time = 0; time < Number(batches); time++) {
    await batch();
    // What survives two of them is taken for old.
    for (let minor = 0; minor < 2; minor++) collect({ type: 'minor' });
    heap.push(process.memoryUsage().heapUsed);
  }
  process.stdout.write(JSON.stringify({ heap, live: flow.jobs.length }));
};

void main();
