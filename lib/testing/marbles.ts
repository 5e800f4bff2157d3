import { groupBy } from '../prelude/groupBy.js';
import { testingError } from './TestingError.js';

/**
 * The syntax is that of RxJS in run mode: one character is 1 ms, spaces are free.
 *
 * - `-` 1 ms passes; ` 20ms `, ` 1.5s `, ` 2m ` that much (a space on either side)
 * - `a` something happens, and takes 1 ms; every character that is not named here
 * - `(ab)` both in one ms, in this order; as in RxJS it takes as many ms as it has characters
 * - `[ab]` the same, but it takes 1 ms: what follows a group closely cannot be written in RxJS
 * - `|` it completes, `#` it fails, `!` it is cancelled
 */
export interface Mark {
  /** When, in ms. */
  readonly at: number;
  /** One character. */
  readonly symbol: string;
}

/** What counts as one character: an emoji of one code point is one. */
export const charactersOf = (text: string): readonly string[] => Array.from(text);

export const isEnd = (symbol: string): boolean => symbol === '|' || symbol === '#' || symbol === '!';

/** Characters that stand for no value. */
export const RESERVED = '-|#!()[]^ ';

const TOKEN = / +|(?<=^| )([0-9]+(?:\.[0-9]+)?)(ms|s|m)(?= )|\(([^()[\]]+)\)|\[([^()[\]]+)\]|./gu;

const UNIT: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

/**
 * What a diagram says, in order.
 *
 * @example
 * parseMarbles('-a 20ms |'); // [{ at: 1, symbol: 'a' }, { at: 22, symbol: '|' }]
 *
 * @throws TestingError `BAD_MARBLES`
 */
export const parseMarbles = (diagram: string): readonly Mark[] => {
  const marks: Mark[] = [];
  let at = 0;
  const group = (inner: string): number => {
    const symbols = charactersOf(inner).filter((symbol) => symbol !== ' ');
    for (const symbol of symbols) marks.push({ at, symbol: checkSymbol(diagram, symbol) });
    return symbols.length;
  };
  for (const [token, time, unit, loose, tight] of diagram.matchAll(TOKEN)) {
    if (time !== undefined) at += Number(time) * (UNIT[unit ?? ''] ?? 0);
    else if (loose !== undefined) at += group(loose) + 2;
    else if (tight !== undefined) at += Math.min(group(tight), 1);
    else if (token === '-') at++;
    else if (!token.startsWith(' ')) at += group(token);
  }
  return marks;
};

const checkSymbol = (diagram: string, symbol: string): string => {
  if (isEnd(symbol) || !RESERVED.includes(symbol)) return symbol;
  const reason = symbol === '^' ? `'^' has no meaning here, time begins at 0` : `'${symbol}' is out of place`;
  throw testingError('BAD_MARBLES', { diagram, reason });
};

/** More ms than this are written as a time. */
const LONGEST_RUN = 12;

/** Diagrams one above the other: what happens in the same ms stands in the same column. */
export interface Drawing {
  /** One per line of marks, each of which `parseMarbles` reads again; times are rounded to ms. */
  readonly lines: readonly string[];
  /** The place at which the column of this ms begins, counted in characters. */
  columnOf(at: number): number;
}

/** Draws lines of marks, each in order of time. */
export const drawMarbles = (traces: readonly (readonly Mark[])[]): Drawing => {
  const lines = traces.map(groupsOf);
  const frames = [...new Set([0, ...lines.flatMap((line) => [...line.keys()])])].sort((a, b) => a - b);
  const cells = lines.map((line) => cellsOf(line, frames));
  const widths = frames.flatMap((_, column) => [2 * column, 2 * column + 1]).map((cell) => widest(cells, cell));
  return {
    lines: cells.map((line) =>
      line
        .map((cell, index) => pad(cell, widths[index] ?? 0))
        .join('')
        .trimEnd(),
    ),
    columnOf: (at) => sum(widths.slice(0, 2 * frames.indexOf(Math.round(at)))),
  };
};

const groupsOf = (marks: readonly Mark[]): ReadonlyMap<number, readonly string[]> =>
  groupBy(
    marks,
    ({ at }) => Math.round(at),
    ({ symbol }) => symbol,
  );

/** For every column a cell for what happens in it, and one for the time until the next. */
const cellsOf = (line: ReadonlyMap<number, readonly string[]>, frames: readonly number[]): readonly string[] => {
  const own = [...line.keys()].sort((a, b) => a - b);
  const last = own.at(-1) ?? -1;
  let now = 0;
  let nth = 0;
  return frames.flatMap((frame, column) => {
    const next = frames[column + 1] ?? frame;
    const token = frame > last ? '' : tokenAt(frame, next);
    const passed = frame >= last || now >= next ? '' : timeOf(next - now);
    if (passed !== '') now = next;
    return [token, passed];
  });

  function tokenAt(frame: number, next: number): string {
    const symbols = line.get(frame);
    if (symbols !== undefined) return event(frame, symbols);
    if (now > frame || next - frame > LONGEST_RUN) return '';
    now = frame + 1;
    return '-';
  }

  function event(frame: number, symbols: readonly string[]): string {
    const following = own[++nth] ?? Infinity;
    const loose = symbols.length > 1 && following >= frame + symbols.length + 2;
    now = frame + (loose ? symbols.length + 2 : 1);
    const inner = symbols.join('');
    if (symbols.length === 1) return inner;
    return loose ? `(${inner})` : `[${inner}]`;
  }
};

const timeOf = (ms: number): string => (ms > LONGEST_RUN ? ` ${ms}ms ` : '-'.repeat(ms));

const lengthOf = (text: string): number => charactersOf(text).length;

const pad = (text: string, width: number): string => text + ' '.repeat(width - lengthOf(text));

const widest = (rows: readonly (readonly string[])[], cell: number): number =>
  Math.max(0, ...rows.map((row) => lengthOf(row[cell] ?? '')));

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
