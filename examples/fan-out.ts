// Fan-out: an order comes in, and three departments hear of it. Each connection carries its own copy, targets run in
// the order in which they were connected, and everything that one step has caused comes before the next step: the
// parcel waits for its turn behind mail and books.
//
// prints:
//   stock: take 2 × teapot
//   mail: thanks for ordering a teapot
//   books: 2 × teapot sold
//   parcel: pack 2 × teapot
import { type Context, type Data, Flow, Routine } from 'routilux';

const department = (name: string, what: (order: Data) => string): Routine => {
  const routine = new Routine();
  routine.defineEvent('done');
  routine.defineSlot('order', (order, ctx) => {
    console.log(`${name}: ${what(order)}`);
    ctx.emit('done', order);
  });
  flow.addRoutine(routine, name);
  return routine;
};

const flow = new Flow();
const shop = new Routine();
shop.defineEvent('order', ['item', 'count']);
shop.defineSlot('trigger', (order: Data, ctx: Context) => ctx.emit('order', order));
flow.addRoutine(shop, 'shop');

department('stock', ({ item, count }) => `take ${String(count)} × ${String(item)}`);
department('mail', ({ item }) => `thanks for ordering a ${String(item)}`);
department('books', ({ item, count }) => `${String(count)} × ${String(item)} sold`);
department('parcel', ({ item, count }) => `pack ${String(count)} × ${String(item)}`);
for (const name of ['stock', 'mail', 'books']) flow.connect('shop', 'order', name, 'order');
flow.connect('stock', 'done', 'parcel', 'order');

await flow.execute('shop', { item: 'teapot', count: 2 });
