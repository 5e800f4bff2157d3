// Mapping: two routines that were written apart use other names for the same thing. The connection translates: a list
// of renames passes all other names on, a function may do anything.
//
// prints:
//   renamed { celsius: -3, city: 'Oslo' }
//   computed { city: 'OSLO', fahrenheit: 26.6 }
import { Flow, Routine } from 'routilux';

const station = new Routine();
const reading = station.defineEvent<{ place: string; celsius: number }>('reading');
station.defineSlot('trigger', (_, ctx) => ctx.emit(reading, { place: 'Oslo', celsius: -3 }));

const renamed = new Routine();
const inCelsius = renamed.defineSlot<{ city: string; celsius: number }>('input', (data) => console.log('renamed', data));

const computed = new Routine();
const inFahrenheit = computed.defineSlot<{ city: string; fahrenheit: number }>('input', (data) => console.log('computed', data));

const flow = new Flow();
flow.addRoutine(station, 'station');
flow.addRoutine(renamed, 'renamed');
flow.addRoutine(computed, 'computed');
flow.connect(reading, inCelsius, { place: 'city' });
flow.connect(reading, inFahrenheit, ({ place, celsius }) => ({ city: place.toUpperCase(), fahrenheit: celsius * 1.8 + 32 }));
await flow.execute('station');
