// Run by flat-spec.ts in a process of its own: so many values, one after the other, through a flow as an operator; a job each in
// one subscription, a job each in a subscription of its own (`job`), or one job for all of them (`stream`). With `operator` an
// operator stands in the flow. Prints how many of the states are alive at the end, once the garbage is collected, and the heap
// in bytes after each tenth of the values.
import { map, type Observer, pipe, scan, Subject } from 'rxjs';
import { type Context, Flow, Routine } from '../../lib/index.js';
import { type Flattening, fromOperator, toOperator } from '../../lib/rx/index.js';

const [mode = 'merge', count = '0', inside = '', keep = ''] = process.argv.slice(2);
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
if (inside === 'operator') {
  flow.addRoutine(
    fromOperator(
      'count',
      pipe(
        scan((n) => n + 1, 0),
        map((n) => ({ n })),
      ),
    ),
    'op',
  );
  flow.connect('s', 'o', 'op', 'input');
}

interface Value {
  readonly n: number;
}

const operator = toOperator(flow, {
  entry: 's',
  output: inside === 'operator' ? 'op.output' : 's.o',
  as: mode === 'stream' ? 'job' : (mode as Flattening),
});

let results = 0;
let told: () => void = () => undefined;

const listen = (value$: Subject<Value>): { unsubscribe(): void } =>
  value$.pipe(operator).subscribe(() => {
    results++;
    told();
  });

const result = async (value$: Pick<Observer<Value>, 'next'>, n: number): Promise<void> => {
  const came = new Promise<void>((resolve) => (told = resolve));
  value$.next({ n });
  await came;
};

/** A subscription, and so a job, for this value alone. */
const inItsOwn = async (n: number): Promise<void> => {
  const value$ = new Subject<Value>();
  listen(value$);
  await result(value$, n);
  value$.complete();
  await turn();
};

const run = async (): Promise<void> => {
  const value$ = new Subject<Value>();
  const subscription = mode === 'job' ? undefined : listen(value$);
  for (let n = 1; n <= total; n++) {
    if (mode === 'job') await inItsOwn(n);
    else await result(value$, n);
    // The job ends in the step after its last emission; the next value shall find it at its end.
    if (mode === 'exhaust') await turn();
    if (n % (total / 10) === 0) await measure();
  }
  const live = flow.jobs.length;
  subscription?.unsubscribe();
  await turn();
  globalThis.gc?.();
  const alive = new Set(states.flatMap((state) => state.deref() ?? [])).size;
  process.stdout.write(JSON.stringify({ results, started: states.length, live, left: flow.jobs.length, alive, heap }));
};

void run();
