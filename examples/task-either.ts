// fp-ts: `executeTE` is a run as a TaskEither. Nothing starts before it is called, and a job that did not complete is a
// Left with the JobError, so a whole chain of runs reads as one pipe.
//
// prints:
//   the price is 42
//   TASK_FAILED: Routine 'shop' failed in slot 'trigger': no price for a unicorn
import { pipe } from 'fp-ts/lib/function.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import { Flow, Routine } from 'routilux';

const PRICES = new Map([['lamp', 42]]);

const shop = new Routine();
shop.defineSlot('trigger', ({ item }: { item: string }, ctx) => {
  const price = PRICES.get(item);
  if (price === undefined) throw new Error(`no price for a ${item}`);
  ctx.setState({ price });
});

const flow = new Flow();
flow.addRoutine(shop, 'shop');

const ask = (item: string): Promise<string> =>
  pipe(
    flow.executeTE('shop', { item }),
    TE.match(
      ({ code, message }) => `${code}: ${message}`,
      (state) => `the price is ${String(state.routineState('shop')?.['price'])}`,
    ),
  )();

console.log(await ask('lamp'));
console.log(await ask('unicorn'));
