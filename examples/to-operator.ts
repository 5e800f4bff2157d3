// A flow as an operator of RxJS: each value that comes down the stream is a job, one after the other, and what the flow
// emits goes on down the stream.
//
// prints:
//   SO
//   LONG
//   AND
//   THANKS
import { from } from 'rxjs';
import { Flow, Routine } from 'routilux';
import { toOperator } from 'routilux/rx';

class Splitter extends Routine {
  word = this.defineEvent<{ word: string }>('word');
  trigger = this.defineSlot('trigger', ({ line }: { line: string }, ctx) => {
    for (const word of line.split(' ')) ctx.emit(this.word, { word });
  });
}

class Shouter extends Routine {
  loud = this.defineEvent<{ word: string }>('loud');
  input = this.defineSlot('input', ({ word }: { word: string }, ctx) => ctx.emit(this.loud, { word: word.toUpperCase() }));
}

const [splitter, shouter, flow] = [new Splitter(), new Shouter(), new Flow()];
flow.addRoutine(splitter, 'splitter');
flow.addRoutine(shouter, 'shouter');
flow.connect(splitter.word, shouter.input);

from([{ line: 'so long' }, { line: 'and thanks' }])
  .pipe(toOperator(flow, { entry: 'splitter', output: shouter.loud, as: 'concat' }))
  .subscribe(({ word }) => console.log(word));
