import fc from 'fast-check';
import { TestScheduler } from 'rxjs/testing';
import { drawMarbles, type Mark, parseMarbles } from '../../lib/testing/marbles.js';
import { ours, thrown } from '../support/thrown.js';

const read = (diagram: string): string =>
  parseMarbles(diagram)
    .map(({ at, symbol }) => `${at}${symbol}`)
    .join(' ');

/** Marks in order of time, some of them in one ms. */
const arbitraryMarks = fc
  .array(fc.record({ gap: fc.oneof(fc.constant(0), fc.nat(5), fc.nat(500)), symbol: fc.constantFrom(...'abc09|#!é') }), {
    maxLength: 12,
  })
  .map((steps) => {
    let at = 0;
    return steps.map(({ gap, symbol }): Mark => ({ at: (at += gap), symbol }));
  });

describe('marbles', () => {
  describe('parseMarbles', () => {
    it.each([
      ['', ''],
      ['   ', ''],
      ['a', '0a'],
      ['-a--b-|', '1a 4b 6|'],
      ['- a - b', '1a 3b'],
      ['(ab)c', '0a 0b 4c'],
      ['(a b)c', '0a 0b 4c'],
      ['[ab]c', '0a 0b 1c'],
      ['-(a#)', '1a 1#'],
      ['(a|b|)', '0a 0| 0b 0|'],
      ['5ms a', '5a'],
      ['a 97ms b 1.5s c 2m !', '0a 98b 1599c 121600!'],
      ['- 0.5ms a', '1.5a'],
      // As in RxJS, a time stands alone: these are digits and letters.
      ['a5ms b', '0a 15 2m 3s 4b'],
      ['a 5ms', '0a 15 2m 3s'],
      ['9-8', '09 28'],
    ])("should read '%s' as %s", (diagram, marks) => {
      expect(read(diagram)).toBe(marks);
    });

    it.each([
      ['(ab', "'(' is out of place"],
      ['ab)', "')' is out of place"],
      ['a[b', "'[' is out of place"],
      ['(a-b)', "'-' is out of place"],
      ['((a))', "'(' is out of place"],
      ['--^a', "'^' has no meaning here, time begins at 0"],
    ])("should refuse '%s': %s", (diagram, reason) => {
      const error = ours(thrown(() => parseMarbles(diagram)));
      expect([error.code, error.message]).toEqual(['BAD_MARBLES', `The marbles '${diagram}' cannot be read: ${reason}.`]);
    });

    it('should read what RxJS reads in the same way', () => {
      const piece = fc.constantFrom('-', 'a', 'b', '(ab)', ' ', '---', ' 7ms ', ' 1.5s ', '9');
      fc.assert(
        fc.property(fc.array(piece), (pieces) => {
          const diagram = pieces.join('');
          const scheduler = new TestScheduler(() => undefined);
          const theirs = scheduler.run(({ cold }) =>
            cold(diagram).messages.map(({ frame, notification }) => [frame, notification]),
          );
          const mine = parseMarbles(diagram).map(({ at, symbol }) => [at, { kind: 'N', value: symbol, error: undefined }]);
          expect(mine).toEqual(theirs);
        }),
      );
    });
  });

  describe('drawMarbles', () => {
    const draw = (...diagrams: readonly string[]): readonly string[] => drawMarbles(diagrams.map(parseMarbles)).lines;

    it.each([
      [['', '']],
      [['-a--b-|']],
      [['(ab)--|']],
      [['a 97ms b 19ms |']],
      [['s--t---|', '---s---|']],
      [['s--t---|', 's---t--|']],
    ])('should draw %j as it was written', (diagrams) => {
      expect(draw(...diagrams)).toEqual(diagrams);
    });

    it('should put what happens in one ms into one column, and write a group tight where time is short', () => {
      expect(draw('[ab]-c|', '--x 40ms |', '(ab|)')).toEqual([
        '[ab] -c|', //
        '-    -x  40ms |',
        '(ab|)',
      ]);
    });

    it('should know where the column of a ms begins', () => {
      const drawing = drawMarbles([parseMarbles('[ab]-c 97ms d'), parseMarbles('--x')]);
      const [first = ''] = drawing.lines;
      expect(['[', 'c', 'd'].map((symbol) => first.indexOf(symbol))).toEqual([0, 2, 100].map((at) => drawing.columnOf(at)));
    });

    it('should be read again as what was drawn, whatever stands beside it', () => {
      fc.assert(
        fc.property(fc.array(arbitraryMarks, { minLength: 1, maxLength: 4 }), (traces) => {
          expect(drawMarbles(traces).lines.map(parseMarbles)).toEqual(traces);
        }),
        { numRuns: 500 },
      );
    });

    it('should put every mark of one ms at or behind the same column', () => {
      fc.assert(
        fc.property(arbitraryMarks, arbitraryMarks, (one, other) => {
          const drawing = drawMarbles([one, other]);
          for (const [index, trace] of [one, other].entries())
            for (const { at } of trace) expect(drawing.lines[index]?.charAt(drawing.columnOf(at))).toMatch(/[^- ]/);
        }),
      );
    });
  });
});
