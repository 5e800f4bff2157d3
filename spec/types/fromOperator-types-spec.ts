import { expectTypeOf } from 'expect-type';
import {
  bufferCount,
  count,
  type GroupedObservable,
  groupBy,
  map,
  mergeMap,
  type Observable,
  of,
  type OperatorFunction,
  pipe,
  reduce,
  scan,
  startWith,
  type TimeInterval,
  timeInterval,
  toArray,
} from 'rxjs';
import { type Data, Event, Flow, Routine, Slot } from '../../lib/index.js';
import { fromOperator, type OperatorRoutine, type PayloadOf } from '../../lib/rx/index.js';

interface Line {
  readonly text: string;
}

interface Word {
  readonly word: string;
}

class Reader extends Routine {
  readonly line = this.defineEvent<Line>('line');
  readonly trigger = this.defineSlot('trigger', (_data: Data, ctx) => {
    ctx.emit(this.line, { text: 'a b' });
  });
}

class Store extends Routine {
  readonly word = this.defineSlot('word', (_data: Word) => undefined);
  readonly many = this.defineSlot('many', (_data: { readonly value: readonly Line[] }) => undefined);
  readonly number = this.defineSlot('number', (_data: { readonly value: number }) => undefined);
}

const words = fromOperator('words', (line$: Observable<Line>) =>
  line$.pipe(mergeMap(({ text }) => text.split(' ').map((word): Word => ({ word })))),
);
const batch = fromOperator('batch', bufferCount<Line>(2));
const sum = fromOperator(
  'sum',
  reduce((total: number, { text }: Line) => total + text.length, 0),
);

describe('the types of fromOperator', () => {
  it('should take in and out from the operator', () => {
    expectTypeOf(words).toEqualTypeOf<OperatorRoutine<Line, Word>>();
    expectTypeOf(words.slot('input')).toExtend<Slot<Line>>();
    expectTypeOf(words.event('output')).toEqualTypeOf<Event<Word>>();
    expect([words.slot('input'), words.event('output')]).toEqual([expect.any(Slot), expect.any(Event)]);
  });

  it('should put what is no plain object under `value`', () => {
    expectTypeOf(batch.event('output')).toEqualTypeOf<Event<{ readonly value: Line[] }>>();
    expectTypeOf(sum.event('output')).toEqualTypeOf<Event<{ readonly value: number }>>();
    const counted = fromOperator('count', count<Line>());
    expectTypeOf(counted.event('output')).toEqualTypeOf<Event<{ readonly value: number }>>();
    expect(counted.event('output')).toBeInstanceOf(Event);
  });

  it('should know each kind of value', () => {
    expectTypeOf<PayloadOf<Line>>().toEqualTypeOf<Line>();
    expectTypeOf<PayloadOf<string>>().toEqualTypeOf<{ readonly value: string }>();
    expectTypeOf<PayloadOf<readonly string[]>>().toEqualTypeOf<{ readonly value: readonly string[] }>();
    expectTypeOf<PayloadOf<null>>().toEqualTypeOf<{ readonly value: null }>();
    expectTypeOf<PayloadOf<undefined>>().toEqualTypeOf<{ readonly value: undefined }>();
    expectTypeOf<PayloadOf<Date>>().toEqualTypeOf<{ readonly value: Date }>();
    expectTypeOf<PayloadOf<Map<string, number>>>().toEqualTypeOf<{ readonly value: Map<string, number> }>();
    expectTypeOf<PayloadOf<() => void>>().toEqualTypeOf<{ readonly value: () => void }>();
    // Of several kinds, each for itself.
    expectTypeOf<PayloadOf<Line | number>>().toEqualTypeOf<Line | { readonly value: number }>();
    const either = fromOperator('either', (line$: Observable<Line>) => line$.pipe(startWith(1)));
    expectTypeOf(either.event('output')).toEqualTypeOf<Event<Line | { readonly value: number }>>();
    expect(either.event('output')).toBeInstanceOf(Event);
  });

  it('should follow a chain of operators, and one with a state', () => {
    const chained = fromOperator(
      'chained',
      pipe(
        map(({ text }: Line) => text.length),
        scan((a, b) => a + b),
        toArray(),
      ),
    );
    expectTypeOf(chained).toEqualTypeOf<OperatorRoutine<Line, number[]>>();
    const kept: OperatorFunction<Line, Word> = map(({ text }) => ({ word: text }));
    expectTypeOf(fromOperator('kept', kept, { replay: true })).toEqualTypeOf<OperatorRoutine<Line, Word>>();
    expect(chained.type).toBe('chained');
  });

  it('should connect what fits, and run', async () => {
    const [flow, reader, store] = [new Flow(), new Reader(), new Store()];
    for (const [routine, id] of [
      [reader, 'reader'],
      [words, 'words'],
      [batch, 'batch'],
      [sum, 'sum'],
      [store, 'store'],
    ] as const)
      flow.addRoutine(routine, id);
    flow.connect(reader.line, words.slot('input'));
    flow.connect(reader.line, batch.slot('input'));
    flow.connect(reader.line, sum.slot('input'));
    flow.connect(words.event('output'), store.word);
    flow.connect(batch.event('output'), store.many);
    flow.connect(sum.event('output'), store.number);
    const wrong = (): void => {
      // @ts-expect-error a word is no list of lines
      flow.connect(words.event('output'), store.many);
      // @ts-expect-error a list under `value` is no word
      flow.connect(batch.event('output'), store.word);
      // @ts-expect-error words take lines, not words
      flow.connect(words.event('output'), words.slot('input'));
      // @ts-expect-error there is no such slot
      flow.connect(reader.line, words.slot('trigger'));
      // @ts-expect-error there is no such event
      flow.connect(words.event('done'), store.word);
    };
    expect(wrong).toBeInstanceOf(Function);
    const { status } = await flow.execute('reader');
    expect(status).toBe('completed');
  });

  it('should refuse what it cannot take', () => {
    const numbers = map((n: number) => n);
    const lines = map((line: Line) => line);
    const wrong = (): void => {
      // @ts-expect-error an input is a payload, and so an object
      fromOperator('numbers', numbers);
      // @ts-expect-error an observable is no operator
      fromOperator('source', of(1));
      // @ts-expect-error replay is a switch
      fromOperator('words', lines, { replay: 'yes' });
    };
    expect(wrong).toBeInstanceOf(Function);
  });

  it('should put under `value` what is an instance of a class of RxJS: it is no plain object (F20)', () => {
    const groups = fromOperator(
      'groups',
      groupBy(({ text }: Line) => text),
    );
    const timed = fromOperator('timed', timeInterval<Line>());
    type Group = GroupedObservable<string, Line>;
    expectTypeOf(groups.event('output')).toEqualTypeOf<Event<{ readonly value: Group }>>();
    expectTypeOf(timed.event('output')).toEqualTypeOf<Event<{ readonly value: TimeInterval<Line> }>>();
    expect([groups.event('output'), timed.event('output')]).toEqual([expect.any(Event), expect.any(Event)]);
  });
});
