// Pause and resume: a pause lets the handler at work finish and starts nothing new; what waits can be read, with the
// checkpoint that was set. After the resume the job goes on where it stood.
//
// prints:
//   washed plate 1
//   paused for a phone call, before plates 2, 3
//   washed plate 2
//   washed plate 3
//   completed
import { firstValueFrom, filter } from 'rxjs';
import { Flow, Routine } from 'routilux';

const table = new Routine();
const plate = table.defineEvent<{ n: number }>('plate');
table.defineSlot('trigger', (_, ctx) => {
  for (const n of [1, 2, 3]) ctx.emit(plate, { n });
});

const sink = new Routine();
const dirty = sink.defineSlot('dirty', ({ n }: { n: number }, ctx) => {
  if (n === 1) void ctx.pause({ reason: 'a phone call', checkpoint: { washed: n } });
  console.log(`washed plate ${String(n)}`);
});

const flow = new Flow();
flow.addRoutine(table, 'table');
flow.addRoutine(sink, 'sink');
flow.connect(plate, dirty);

const job = flow.start('table');
await firstValueFrom(job.status$.pipe(filter((status) => status === 'paused')));
const { state } = job;
const waiting = state.pendingTasks.map(({ data }) => String(data['n']));
console.log(`paused for ${String(state.pausePoints[0]?.reason)}, before plates ${waiting.join(', ')}`);
job.resume();
console.log((await job.done).status);
