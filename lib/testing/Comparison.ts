import { equals } from './equals.js';
import type { Line, MarbleValues, Moment } from './Line.js';
import { drawMarbles, type Drawing, isEnd, type Mark } from './marbles.js';
import { describeValue, Symbols } from './Symbols.js';

/** One line of a diagram: what a test expects on it, and what came. */
export interface Comparison {
  readonly line: Pick<Line, 'key' | 'known'>;
  readonly expected: readonly Moment[];
  readonly actual: readonly Moment[];
}

/** Two instants closer than this are one, in ms: times are sums of floats. */
const INSTANT = 1e-6;

const isLike = (expected: Moment | undefined, actual: Moment | undefined): boolean =>
  expected !== undefined && actual !== undefined && Math.abs(expected.at - actual.at) < INSTANT && isOfOneValue(expected, actual);

// What fails tells why; a diagram need not say it.
const isOfOneValue = (expected: Moment, actual: Moment): boolean =>
  isEndOf(actual) || isEndOf(expected)
    ? expected.symbol === actual.symbol && (expected.value === expected.symbol || equals(expected.value, actual.value))
    : equals(expected.value, actual.value);

const isEndOf = ({ symbol }: Moment): boolean => symbol !== undefined && isEnd(symbol);

/** The first step at which a line differs, counted in what happens on it; -1 if it does not. */
export const firstDifference = ({ expected, actual }: Comparison): number => {
  const length = Math.max(expected.length, actual.length);
  return Array.from({ length }, (_, index) => index).findIndex((index) => !isLike(expected[index], actual[index]));
};

/** The lines that differ as two diagrams each with a mark below, the others as they are; undefined if none differs. */
export const reportOn = (lines: readonly Comparison[], values: MarbleValues): string | undefined => {
  if (lines.every((line) => firstDifference(line) < 0)) return undefined;
  const symbols = new Symbols(
    values,
    lines.flatMap(({ expected }) => expected.flatMap(({ symbol }) => symbol ?? [])),
  );
  const traces = lines.map((line) => tracesOf(line, symbols));
  const drawing = drawMarbles(traces.flat());
  const width = Math.max(...lines.map(({ line }) => line.key.length)) + 2;
  const rows = lines.flatMap((line, index) => rowsOf(line, drawing, index, traces[index] ?? [], width));
  return [...rows, ...legend(symbols, width)].join('\n');
};

const tracesOf = ({ line, expected, actual }: Comparison, symbols: Symbols): readonly [readonly Mark[], readonly Mark[]] => {
  const wanted = expected.map(({ at, symbol = '?', value }) => ({
    at,
    symbol: isEnd(symbol) ? symbol : symbols.use(symbol, value),
  }));
  const came = actual.map(({ at, symbol, value }, index) => ({ at, symbol: symbol ?? nameOf(value, expected[index]) }));
  return [wanted, came];

  // The test's own symbol first: several may stand for the same value.
  function nameOf(value: unknown, there: Moment | undefined): string {
    const agrees = there?.symbol !== undefined && !isEndOf(there) && equals(there.value, value);
    return agrees ? symbols.use(there.symbol, there.value) : symbols.of(value, line.known);
  }
};

const rowsOf = (
  comparison: Comparison,
  drawing: Drawing,
  index: number,
  traces: readonly (readonly Mark[])[],
  width: number,
): readonly string[] => {
  const { key } = comparison.line;
  const [expected = '', actual = ''] = drawing.lines.slice(2 * index, 2 * index + 2);
  const first = firstDifference(comparison);
  if (first < 0) return [row(key.padEnd(width), '', expected)];
  const mark = `${' '.repeat(columnOf(drawing, traces, first))}^ ${sentence(traces, comparison, first)}`;
  return [
    row(key.padEnd(width), 'expected', expected),
    row(' '.repeat(width), 'actual', actual),
    row(' '.repeat(width), '', mark),
  ];
};

const row = (key: string, side: string, text: string): string => `  ${key}${side.padEnd(10)}${text}`.trimEnd();

/** The place at which the first difference is drawn. */
const columnOf = (drawing: Drawing, traces: readonly (readonly Mark[])[], first: number): number => {
  const [one, other] = traces.map((trace) => trace[first]);
  const at = Math.min(one?.at ?? Infinity, other?.at ?? Infinity);
  const groups = traces.map((trace) => trace.filter((mark) => Math.round(mark.at) === Math.round(at)).length);
  const place = Math.min(...traces.map((trace) => placeIn(trace, at, first)));
  return drawing.columnOf(at) + (Math.max(...groups) > 1 ? 1 + place : 0);
};

const placeIn = (trace: readonly Mark[], at: number, first: number): number =>
  trace.slice(0, first).filter((mark) => Math.round(mark.at) === Math.round(at)).length;

const sentence = (traces: readonly (readonly Mark[])[], { expected, actual }: Comparison, first: number): string => {
  const [wanted, came] = traces.map((trace) => trace[first]);
  if (wanted === undefined) return `at ${came?.at ?? 0} ms ${came?.symbol ?? ''} came, and nothing more is expected`;
  if (came === undefined) return `at ${wanted.at} ms ${wanted.symbol} is expected, and nothing more came`;
  if (came.at !== wanted.at) return `at ${wanted.at} ms ${wanted.symbol} is expected, and ${came.symbol} came at ${came.at} ms`;
  const [one, other] = [expected[first]?.value, actual[first]?.value].map(describeValue);
  if (came.symbol !== wanted.symbol) return `at ${wanted.at} ms ${wanted.symbol} is expected, and ${came.symbol} came`;
  return `at ${wanted.at} ms ${wanted.symbol} is expected with ${one ?? ''}, and came with ${other ?? ''}`;
};

const legend = ({ meanings }: Symbols, width: number): readonly string[] =>
  meanings.map((meaning, index) => row((index === 0 ? 'where' : '').padEnd(width), '', meaning));
