// The first flow: one routine says hello, the other prints what it hears.
//
// prints:
//   Hello, world!
import { Flow, Routine } from 'routilux';

const greeter = new Routine();
const greeting = greeter.defineEvent<{ text: string }>('greeting');
greeter.defineSlot('trigger', ({ name }: { name: string }, ctx) => ctx.emit(greeting, { text: `Hello, ${name}!` }));

const printer = new Routine();
const input = printer.defineSlot('input', ({ text }: { text: string }) => console.log(text));

const flow = new Flow();
flow.addRoutine(greeter, 'greeter');
flow.addRoutine(printer, 'printer');
flow.connect(greeting, input);
await flow.execute('greeter', { name: 'world' });
