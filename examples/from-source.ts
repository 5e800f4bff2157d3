// A real file through a slow flow: the source waits for the flow. No more than 50 lines of the log wait at any time, whatever
// its length, since an iterable is asked for the next one only when there is room.
//
// prints:
//   completed: 10000 lines, at most 50 of them waiting: true
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { Flow, Routine } from 'routilux';
import { fromSource } from 'routilux/rx';

const log = new URL('data/apache_access.log.gz', import.meta.url);

// A function opens it anew for each job.
const lines = fromSource('lines', () => createInterface({ input: createReadStream(log).pipe(createGunzip()) }));

class Slow extends Routine {
  line = this.defineSlot('line', async ({ value: _line }: { value: string }, ctx) => {
    await Promise.resolve();
    ctx.setState({ count: Number(ctx.state()['count'] ?? 0) + 1 });
  });
}

const [slow, flow] = [new Slow(), new Flow({ maxQueued: 50 })];
flow.addRoutine(lines, 'lines');
flow.addRoutine(slow, 'slow');
flow.connect(lines.event('output'), slow.line);

const state = await flow.execute('lines');
const { highWater } = state.metrics.flow();
console.log(
  `${state.status}: ${Number(state.routineState('slow')?.['count'])} lines, at most 50 of them waiting: ${highWater <= 50}`,
);
