// Run by Limits-spec.ts in a process of its own: so many late emits into a slot of ten while the job is paused. Prints the heap
// in bytes after each tenth of them, once the garbage is collected, what still waits, and what ran after the resume.
import { NEVER } from 'rxjs';
import { type Context, Flow, type Overflow, Routine } from '../../lib/index.js';
import { feed } from '../../lib/rx/index.js';

const [overflow = 'dropOldest', count = '0', beside = '0'] = process.argv.slice(2);
const total = Number(count);

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

const heap: number[] = [];
const ran: number[] = [];

const measure = async (): Promise<void> => {
  await turn();
  globalThis.gc?.();
  heap.push(process.memoryUsage().heapUsed);
};

let late: Context | undefined;
const s = new Routine();
s.defineEvent('o');
s.defineEvent('p');
s.defineSlot('trigger', (_, ctx) => void (late = ctx));
const t = new Routine();
t.defineSlot('i', ({ n }) => void ran.push(n as number), { maxQueued: 10, overflow: overflow as Overflow });
t.defineSlot('j', () => undefined);
// Without a bound of its own on what a paused job keeps: it is the slot that bounds.
const flow = new Flow({ pausedLimit: Infinity });
flow.addRoutine(s, 's');
flow.addRoutine(t, 't');
flow.connect('s', 'o', 't', 'i');
flow.connect('s', 'p', 't', 'j');

const run = async (): Promise<void> => {
  const job = flow.start('s');
  const open = feed(job, 't.j', NEVER);
  await turn();
  await job.pause();
  for (let n = 0; n < Number(beside); n++) late?.emit('p', { n });
  for (let n = 1; n <= total; n++) {
    late?.emit('o', { n });
    if (n % (total / 10) === 0) await measure();
  }
  const waiting = job.state.pendingTasks.length;
  job.resume();
  open.unsubscribe();
  const { status, metrics } = await job.done;
  process.stdout.write(JSON.stringify({ heap, waiting, ran, status, dropped: metrics.flow().droppedTasks }));
};

void run();
