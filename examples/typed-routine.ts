// Typed routines: `defineRoutine` takes io-ts codecs (or any Standard Schema), from which the compiler knows every
// payload. A wrong connection does not compile, and data from outside is checked where it enters the slot.
//
// prints:
//   circle of radius 2: area 12.57
//   failed: Slot 'trigger' of routine 'circle' got a payload that its codec refuses: radius is "2", expected number
import * as t from 'io-ts';
import { defineRoutine, Flow } from 'routilux';

const circle = defineRoutine({
  type: 'circle',
  events: { area: t.type({ radius: t.number, area: t.number }) },
  slots: {
    trigger: {
      codec: t.type({ radius: t.number }),
      handler: ({ radius }, ctx) => ctx.emit('area', { radius, area: Math.PI * radius ** 2 }),
    },
  },
});

const printer = defineRoutine({
  type: 'printer',
  slots: {
    shape: {
      codec: t.type({ radius: t.number, area: t.number }),
      handler: ({ radius, area }) => console.log(`circle of radius ${String(radius)}: area ${area.toFixed(2)}`),
    },
  },
});

const flow = new Flow();
flow.addRoutine(circle, 'circle');
flow.addRoutine(printer, 'printer');
flow.connect(circle.event('area'), printer.slot('shape'));

await flow.execute('circle', { radius: 2 });
const { status, error } = await flow.execute('circle', { radius: '2' });
console.log(`${status}: ${(error?.cause as Error).message}`);
