// A handler may answer with an observable: it holds its worker until the stream completes, and the event that the slot
// names in `emits` carries its values. When the job is cancelled the stream is unsubscribed.
//
// prints:
//   3
//   2
//   1
//   lift-off
//   completed
import { concat, interval, map, of, take } from 'rxjs';
import { Flow, Routine } from 'routilux';

const countdown = new Routine();
const tick = countdown.defineEvent<{ word: string }>('tick');
countdown.defineSlot(
  'trigger',
  ({ from }: { from: number }) =>
    concat(
      interval(2).pipe(
        take(from),
        map((n) => String(from - n)),
      ),
      of('lift-off'),
    ).pipe(map((word) => ({ word }))),
  { emits: 'tick' },
);

const speaker = new Routine();
const say = speaker.defineSlot('say', ({ word }: { word: string }) => console.log(word));

const flow = new Flow({ maxWorkers: 2 });
flow.addRoutine(countdown, 'countdown');
flow.addRoutine(speaker, 'speaker');
flow.connect(tick, say);
const { status } = await flow.execute('countdown', { from: 3 });
console.log(status);
