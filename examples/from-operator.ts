// Operators of RxJS as routines. `bufferCount` gathers orders in threes; when the job comes to rest, what an operator still
// holds comes out, upstream first: the last batch before the sum of all.
//
// prints:
//   batch of 3
//   batch of 3
//   batch of 1
//   7 orders in 3 batches
import { bufferCount, map, type Observable, reduce } from 'rxjs';
import { Flow, Routine } from 'routilux';
import { fromOperator } from 'routilux/rx';

interface Order {
  readonly id: number;
}

class Till extends Routine {
  order = this.defineEvent<Order>('order');
  trigger = this.defineSlot('trigger', ({ count }: { count: number }, ctx) => {
    for (let id = 1; id <= count; id++) ctx.emit(this.order, { id });
  });
}

class Printer extends Routine {
  text = this.defineSlot('text', ({ text }: { text: string }) => console.log(text));
}

// A value that is no plain object, as the list here, travels under `value`.
const batch = fromOperator('batch', (order$: Observable<Order>) => order$.pipe(bufferCount(3)));
const total = fromOperator('total', (batch$: Observable<{ value: readonly Order[] }>) =>
  batch$.pipe(
    reduce(({ orders, batches }, { value }) => ({ orders: orders + value.length, batches: batches + 1 }), {
      orders: 0,
      batches: 0,
    }),
    map(({ orders, batches }) => ({ text: `${orders} orders in ${batches} batches` })),
  ),
);

const [till, printer, flow] = [new Till(), new Printer(), new Flow()];
flow.addRoutine(till, 'till');
flow.addRoutine(batch, 'batch');
flow.addRoutine(total, 'total');
flow.addRoutine(printer, 'printer');
flow.connect(till.order, batch.slot('input'));
flow.connect(batch.event('output'), total.slot('input'));
flow.connect(batch.event('output'), printer.text, ({ value }) => ({ text: `batch of ${value.length}` }));
flow.connect(total.event('output'), printer.text);

await flow.execute('till', { count: 7 });
