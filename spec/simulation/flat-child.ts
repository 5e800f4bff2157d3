// Run by flat-long-spec.ts in a process of its own: one job of so many synchronous hops. Prints the memory after each
// million, in bytes, once the garbage is collected.
import { type Context, type Data, Flow, Routine } from '../../lib/index.js';

const MILLION = 1_000_000;

const [hops = 0, history = 0] = process.argv.slice(2).map(Number);
const resident: number[] = [];
const heap: number[] = [];

const measure = (): void => {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  resident.push(rss);
  heap.push(heapUsed);
};

const hop = ({ n }: Data, ctx: Context): void => {
  if ((n as number) % MILLION === 0) measure();
  if ((n as number) < hops) ctx.emit('o', { n: (n as number) + 1 });
};

const self = new Routine();
self.defineEvent('o');
self.defineSlot('trigger', hop);

const flow = new Flow({ history });
flow.addRoutine(self, 'self');
flow.connect('self', 'o', 'self', 'trigger');

void flow.execute('self', { n: 1 }).then(({ status, metrics }) => {
  process.stdout.write(JSON.stringify({ status, completed: metrics.routine('self')?.completed, resident, heap }));
});
