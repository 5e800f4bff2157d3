// A stream from outside into a job that is at work: the job stays open while the stream lasts. Of readings that come faster
// than they are handled, the slot keeps the newest two.
//
// prints:
//   24.0 °C
//   25.0 °C
//   completed, 4 readings left out
import { from, map } from 'rxjs';
import { Flow, Routine } from 'routilux';
import { feed } from 'routilux/rx';

class Display extends Routine {
  trigger = this.defineSlot('trigger', () => undefined);
  reading = this.defineSlot(
    'reading',
    async ({ celsius }: { celsius: number }) => {
      console.log(`${celsius.toFixed(1)} °C`);
      await Promise.resolve();
    },
    { maxQueued: 2, overflow: 'dropOldest' },
  );
}

const [display, flow] = [new Display(), new Flow()];
flow.addRoutine(display, 'display');

const job = flow.start('display');
feed(job, display.reading, from([20, 21, 22, 23, 24, 25]).pipe(map((celsius) => ({ celsius }))));

const { status, metrics } = await job.done;
console.log(`${status}, ${metrics.flow().droppedTasks} readings left out`);
