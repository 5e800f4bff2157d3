// Watching: a live job tells everything as streams, and watching never owns it. `record$` is every step in order,
// `progress$` what waits and works, `output$` what handlers hand out; the metrics add it all up.
//
// prints:
//   square: 49
//   started, taskQueued, routineSeen, taskStarted, takenIn, emitted, taskQueued, timed, taskSettled
//   routineSeen, taskStarted, takenIn, output, timed, taskSettled, ended
//   0 queued, 0 active, completed
//   { total: 1, successRate: 1 }
import { lastValueFrom, map, toArray } from 'rxjs';
import { Flow, Routine } from 'routilux';

const source = new Routine();
const number = source.defineEvent<{ n: number }>('number');
source.defineSlot('trigger', (_, ctx) => ctx.emit(number, { n: 7 }));

const square = new Routine();
const input = square.defineSlot('input', ({ n }: { n: number }, ctx) => ctx.output('square', { value: n * n }));

const flow = new Flow();
flow.addRoutine(source, 'source');
flow.addRoutine(square, 'square');
flow.connect(number, input);

const job = flow.start('source');
job.output$.subscribe(({ type, data }) => console.log(`${type}: ${String(data['value'])}`));
const steps = lastValueFrom(
  job.record$.pipe(
    map(({ type }) => type),
    toArray(),
  ),
);
const progress = lastValueFrom(job.progress$);

const told = await steps;
console.log(told.slice(0, 9).join(', '));
console.log(told.slice(9).join(', '));
const { queued, active, status } = await progress;
console.log(`${String(queued)} queued, ${String(active)} active, ${status}`);
const { total, successRate } = job.state.metrics.routine('square') ?? {};
console.log({ total, successRate });
