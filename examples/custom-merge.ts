// Custom merge: a slot brings together what it holds and what arrives with a function of yours. Here a basket adds up
// what is put into it; the handler sees the whole basket each time.
//
// prints:
//   { apples: 2 }
//   { apples: 2, pears: 1 }
//   { apples: 5, pears: 1 }
import { Flow, Routine } from 'routilux';

type Basket = Readonly<Record<string, number>>;

const addUp = (held: Basket, incoming: Basket): Basket => {
  const sum = { ...held };
  for (const [fruit, count] of Object.entries(incoming)) sum[fruit] = (sum[fruit] ?? 0) + count;
  return sum;
};

const customer = new Routine();
const picked = customer.defineEvent<Basket>('picked');
customer.defineSlot('trigger', (_, ctx) => {
  for (const pick of [{ apples: 2 }, { pears: 1 }, { apples: 3 }]) ctx.emit(picked, pick);
});

const basket = new Routine();
const content = basket.defineSlot<Basket>('content', (fruit) => console.log(fruit), { merge: addUp });

const flow = new Flow();
flow.addRoutine(customer, 'customer');
flow.addRoutine(basket, 'basket');
flow.connect(picked, content);
await flow.execute('customer');
