import { type Data, type Event, Flow, Routine, type Slot } from '../../lib/index.js';

interface Line {
  readonly text: string;
  readonly no?: number;
}

class Reader extends Routine {
  readonly line = this.defineEvent<Line>('line');
  readonly count = this.defineEvent<{ n: number }>('count');
  readonly untyped = this.defineEvent('untyped');
}

class Parser extends Routine {
  readonly line = this.defineSlot('line', (_: Line) => undefined);
  readonly words = this.defineSlot('words', (_: { readonly words: string }) => undefined);
  readonly free = this.defineSlot('free');
}

const make = (): { flow: Flow; reader: Reader; parser: Parser } => {
  const [flow, reader, parser] = [new Flow(), new Reader(), new Parser()];
  flow.addRoutine(reader, 'reader');
  flow.addRoutine(parser, 'parser');
  return { flow, reader, parser };
};

// What a comment here says not to compile would fail this spec if it did: ts-jest reports an unused @ts-expect-error.
describe('the types of Flow.connect', () => {
  const { flow, reader, parser } = make();

  it('should accept an event whose payload the slot takes, also one that gives more (GOALS)', () => {
    flow.connect(reader.line, parser.line);
    flow.connect(reader.count, parser.free);
    flow.connect(reader.untyped, parser.free);
    const wider = reader.defineEvent<Line & { readonly more: boolean }>('wider');
    flow.connect(wider, parser.line);
    expect(flow.connections).toHaveLength(4);
  });

  it('should accept an event with a payload that is an interface for a slot of any payload', () => {
    flow.connect(reader.line, parser.free);
    expect(flow.connections).not.toHaveLength(0);
  });

  it('should refuse an event whose payload the slot does not take (GOALS)', () => {
    // @ts-expect-error a count has no text
    flow.connect(reader.count, parser.line);
    // @ts-expect-error whatever an untyped event holds may have no text
    flow.connect(reader.untyped, parser.line);
    expect(flow.connections).not.toHaveLength(0);
  });

  it('should refuse a slot for an event and an event for a slot', () => {
    const wrong = (): void => {
      // @ts-expect-error the other way round
      flow.connect(parser.line, reader.line);
      // @ts-expect-error two events
      flow.connect(reader.line, reader.line);
      // @ts-expect-error an id for a slot
      flow.connect(reader.line, 'parser');
    };
    expect(wrong).toBeInstanceOf(Function);
  });

  it('should refuse an event and a slot that the routine does not have', () => {
    const wrong = (): void => {
      // @ts-expect-error there is no such event
      flow.connect(reader.lines, parser.line);
      // @ts-expect-error there is no such slot
      flow.connect(reader.line, parser.lines);
    };
    expect(wrong).toBeInstanceOf(Function);
  });

  it('should accept renames that lead to what the slot takes, and refuse others (GOALS)', () => {
    flow.connect(reader.line, parser.words, { text: 'words' });
    const wrong = (): void => {
      // @ts-expect-error nothing is called words then
      flow.connect(reader.line, parser.words, { text: 'word' });
      // @ts-expect-error a line has no key called txt
      flow.connect(reader.line, parser.words, { txt: 'words' });
      // @ts-expect-error a line has a text, and words it needs
      flow.connect(reader.line, parser.words, {});
      // @ts-expect-error words are no number
      flow.connect(reader.count, parser.words, { n: 'words' });
      // @ts-expect-error the new name is a text
      flow.connect(reader.line, parser.words, { text: 5 });
    };
    expect(wrong).toBeInstanceOf(Function);
  });

  it('should let renames swap two names, and keep a key optional that was (SC043)', () => {
    const pair = reader.defineEvent<{ a: number; b: string }>('pair');
    const swapped = parser.defineSlot('swapped', (_: { a: string; b: number }) => undefined);
    const numbered = parser.defineSlot('numbered', (_: { text: string; place?: number }) => undefined);
    const needed = parser.defineSlot('needed', (_: { place: number }) => undefined);
    flow.connect(pair, swapped, { a: 'b', b: 'a' });
    flow.connect(reader.line, numbered, { no: 'place' });
    // @ts-expect-error the place may be missing
    flow.connect(reader.line, needed, { no: 'place' });
    expect(flow.connections).not.toHaveLength(0);
  });

  it('should accept a function that gives what the slot takes, its argument typed by the event (GOALS)', () => {
    flow.connect(reader.line, parser.words, ({ text, no }) => ({ words: `${text} ${no ?? 0}` }));
    const wrong = (): void => {
      // @ts-expect-error words are no number
      flow.connect(reader.line, parser.words, ({ text }) => ({ words: text.length }));
      // @ts-expect-error a line has no key called txt
      flow.connect(reader.line, parser.words, ({ txt }) => ({ words: txt }));
      // @ts-expect-error a payload is no text
      flow.connect(reader.line, parser.words, ({ text }) => text);
    };
    expect(wrong).toBeInstanceOf(Function);
  });

  it('should accept ids and names, and refuse what is neither (S23, S24)', () => {
    flow.connect('reader', 'line', 'parser', 'words', { text: 'words' });
    flow.connect('reader', 'line', 'parser', 'words', ({ text }) => ({ words: text }));
    const wrong = (): void => {
      // @ts-expect-error a new name is a text
      flow.connect('reader', 'line', 'parser', 'words', { text: 5 });
      // @ts-expect-error the slot is missing
      flow.connect('reader', 'line', 'parser');
    };
    expect(wrong).toBeInstanceOf(Function);
  });

  it('should keep events covariant and slots contravariant', () => {
    const event: Event<{ readonly text: string }> = reader.line;
    const slot: Slot<Line & { readonly more: boolean }> = parser.line;
    // @ts-expect-error not every payload with a text has a number too
    const tooMuch: Event<{ readonly text: string; readonly n: number }> = reader.line;
    // @ts-expect-error the slot needs a text
    const tooLittle: Slot<Data> = parser.line;
    expect([event, slot, tooMuch, tooLittle]).toHaveLength(4);
  });
});
