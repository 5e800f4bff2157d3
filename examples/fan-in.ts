// Fan-in: a slot with `append` gathers what arrives, and its handler acts when it has enough. What a slot holds belongs
// to the job: every execute starts with an empty slot, so two runs never add up to one result.
//
// prints:
//   1 of 3: nothing to say yet
//   2 of 3: nothing to say yet
//   3 of 3: the best offer is 7
//   1 of 3: nothing to say yet
import { Flow, Routine } from 'routilux';

const WANTED = 3;

const market = new Routine();
const offer = market.defineEvent<{ price: number }>('offer');
market.defineSlot('trigger', ({ prices }: { prices: readonly number[] }, ctx) => {
  for (const price of prices) ctx.emit(offer, { price });
});

const buyer = new Routine();
buyer.defineSlot(
  'offers',
  ({ price: prices }: { price: readonly number[] }) => {
    const progress = `${String(prices.length)} of ${String(WANTED)}`;
    if (prices.length < WANTED) console.log(`${progress}: nothing to say yet`);
    else console.log(`${progress}: the best offer is ${String(Math.min(...prices))}`);
  },
  { merge: 'append' },
);

const flow = new Flow();
flow.addRoutine(market, 'market');
flow.addRoutine(buyer, 'buyer');
flow.connect('market', 'offer', 'buyer', 'offers');
await flow.execute('market', { prices: [9, 7, 8] });
await flow.execute('market', { prices: [5] });
