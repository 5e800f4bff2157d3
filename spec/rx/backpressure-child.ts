// Run by backpressure-spec.ts and backpressure-long-spec.ts in a process of its own: a file is read line by line into a flow that
// is slower than the file. Prints what was seen, and by how many bytes the resident memory was above what it was at first.
//
// `awaiting`: the handler of each line awaits a turn of the event loop. `sync`: two routines that answer at once.
// `pushed`: as `awaiting`, but the lines are pushed into the queue as they come; nothing holds them up.
import { createReadStream } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';
import { Subject } from 'rxjs';
import { type Data, Flow, type Handler, Routine } from '../../lib/index.js';
import { fromSource } from '../../lib/rx/index.js';

const [mode = 'awaiting', path = ''] = process.argv.slice(2);

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

const linesOf = (): Interface => createInterface({ input: createReadStream(path), crlfDelay: Infinity });

const pushed = (): Subject<string> => {
  const line$ = new Subject<string>();
  linesOf()
    .on('line', (line) => void line$.next(line))
    .on('close', () => void line$.complete());
  return line$;
};

let seen = 0;
let inOrder = true;

const note = ({ value }: Data): void => {
  if (!(value as string).startsWith(`${seen} `)) inOrder = false;
  seen++;
};

const awaiting: Handler = async (data) => {
  note(data);
  await turn();
};

const sync: Handler = (data, ctx) => {
  note(data);
  ctx.emit('o', { length: (data['value'] as string).length });
};

const flow = new Flow({ executionTimeoutMs: Infinity });
const worker = new Routine();
worker.defineEvent('o');
worker.defineSlot('line', mode === 'sync' ? sync : awaiting);
const sum = new Routine();
sum.defineSlot(
  'i',
  ({ length }, ctx) => void ctx.setState({ bytes: ((ctx.state()['bytes'] as number | undefined) ?? 0) + (length as number) }),
);
flow.addRoutine(fromSource('lines', mode === 'pushed' ? pushed : linesOf), 'lines');
flow.addRoutine(worker, 'worker');
flow.addRoutine(sum, 'sum');
flow.connect('lines', 'output', 'worker', 'line');
flow.connect('worker', 'o', 'sum', 'i');

const run = async (): Promise<void> => {
  globalThis.gc?.();
  await turn();
  const before = process.memoryUsage.rss();
  let peak = 0;
  let samples = 0;
  const sample = (): void => {
    samples++;
    peak = Math.max(peak, process.memoryUsage.rss() - before);
  };
  const sampling = setInterval(sample, 5);
  const { status, metrics } = await flow.execute('lines');
  clearInterval(sampling);
  sample();
  const { highWater, droppedTasks } = metrics.flow();
  process.stdout.write(JSON.stringify({ status, seen, inOrder, peak, samples, highWater, droppedTasks }));
};

void run();
