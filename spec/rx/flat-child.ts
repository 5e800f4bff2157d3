// Run by flat-spec.ts in a process of its own: so many jobs, one after the other, through one subscription of a flow as an
// operator. Prints how many of their states are alive at the end, once the garbage is collected, and the heap in bytes after
// each tenth of them.
import { Subject } from 'rxjs';
import { type Context, Flow, Routine } from '../../lib/index.js';
import { type Flattening, toOperator } from '../../lib/rx/index.js';

const [mode = 'merge', count = '0', keep = ''] = process.argv.slice(2);
const total = Number(count);

const states: WeakRef<object>[] = [];
const kept: object[] = [];
const heap: number[] = [];

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

const measure = async (): Promise<void> => {
  await turn();
  globalThis.gc?.();
  heap.push(process.memoryUsage().heapUsed);
};

const work = (_: unknown, ctx: Context): Promise<void> | undefined => {
  states.push(new WeakRef(ctx.job));
  if (keep === 'keep') kept.push(ctx.job);
  ctx.emit('o', { n: 1 });
  // With `switch` the job is still at work when the next value cancels it; it never ends by itself.
  return mode === 'switch' ? new Promise(() => undefined) : undefined;
};

const routine = new Routine();
routine.defineEvent('o');
routine.defineSlot('trigger', work);
const flow = new Flow();
flow.addRoutine(routine, 's');

const run = async (): Promise<void> => {
  const value$ = new Subject<{ n: number }>();
  let results = 0;
  let told: () => void = () => undefined;
  const subscription = value$.pipe(toOperator(flow, { entry: 's', output: 's.o', as: mode as Flattening })).subscribe(() => {
    results++;
    told();
  });
  for (let n = 1; n <= total; n++) {
    const result = new Promise<void>((resolve) => (told = resolve));
    value$.next({ n });
    await result;
    // The job ends in the step after its last emission; the next value shall find it at its end.
    if (mode === 'exhaust') await turn();
    if (n % (total / 10) === 0) await measure();
  }
  const live = flow.jobs.length;
  subscription.unsubscribe();
  await turn();
  globalThis.gc?.();
  const alive = states.filter((state) => state.deref() !== undefined).length;
  process.stdout.write(JSON.stringify({ results, started: states.length, live, left: flow.jobs.length, alive, heap }));
};

void run();
