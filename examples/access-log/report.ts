import type { JobState } from 'routilux';
import type { Field } from './routines.js';

type Counts = Readonly<Record<string, number>>;
type Top = Readonly<{ distinct: number; top: readonly Readonly<{ name: string; requests: number }>[] }>;

export interface Report {
  readonly lines: number;
  readonly malformed: { readonly count: number; readonly first: readonly { readonly line: number; readonly text: string }[] };
  readonly kinds: Counts;
  readonly status: Counts;
  /** 24 of them, from midnight on. */
  readonly hours: readonly number[];
  readonly hosts: Top;
  readonly paths: Top;
}

const TOP = 10;
const BAR = 40;
const NAME = 44;

/** What the flow has found out, read from the state of its job. */
export const toReport = (state: JobState): Report => {
  const kinds = countsOf(state, 'kind');
  return {
    lines: sum([...kinds.values()]),
    malformed: { count: kinds.get('malformed') ?? 0, first: firstMalformed(state) },
    kinds: Object.fromEntries(byCount(kinds)),
    status: Object.fromEntries(byName(countsOf(state, 'status'))),
    hours: HOURS.map((hour) => countsOf(state, 'hour').get(hour) ?? 0),
    hosts: toTop(countsOf(state, 'host')),
    paths: toTop(countsOf(state, 'path')),
  };
};

const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0'));

const countsOf = (state: JobState, field: Field): ReadonlyMap<string, number> =>
  (state.routineState(`by-${field}`)?.['counts'] as Map<string, number> | undefined) ?? new Map<string, number>();

const firstMalformed = (state: JobState): Report['malformed']['first'] =>
  (state.routineState('malformed')?.['first'] as Report['malformed']['first'] | undefined) ?? [];

const byName = (counts: ReadonlyMap<string, number>): [string, number][] => [...counts].sort(([a], [b]) => (a < b ? -1 : 1));

const byCount = (counts: ReadonlyMap<string, number>): [string, number][] => byName(counts).sort(([, a], [, b]) => b - a);

const toTop = (counts: ReadonlyMap<string, number>): Top => ({
  distinct: counts.size,
  top: byCount(counts)
    .slice(0, TOP)
    .map(([name, requests]) => ({ name, requests })),
});

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

// ── for people ────────────────────────────────────────────────────────────────────────────────────────────────────

export const render = (log: string, report: Report): string =>
  [
    `${log}: ${show(report.lines)} lines, ${show(report.malformed.count)} malformed`,
    table('Kind', Object.entries(report.kinds)),
    table('Status', Object.entries(report.status)),
    table(
      'Hour of the day',
      HOURS.map((hour, at) => [hour, report.hours[at] ?? 0]),
    ),
    table(`Host (${most(report.hosts)})`, rowsOf(report.hosts)),
    table(`Path (${most(report.paths)})`, rowsOf(report.paths)),
    ...malformedLines(report.malformed),
  ].join('\n\n');

const most = ({ distinct, top }: Top): string => `${show(top.length)} of ${show(distinct)}`;

const rowsOf = ({ top }: Top): [string, number][] => top.map(({ name, requests }) => [name, requests]);

const table = (title: string, rows: readonly (readonly [string, number])[]): string => {
  const longest = Math.max(...rows.map(([, count]) => count));
  const line = ([name, count]: readonly [string, number]): string =>
    `  ${fit(name).padEnd(NAME)} ${show(count).padStart(11)}  ${'█'.repeat(Math.ceil((count / longest) * BAR))}`;
  return [title, ...rows.map(line)].join('\n');
};

const malformedLines = ({ count, first }: Report['malformed']): string[] => {
  if (count === 0) return [];
  const title = count > first.length ? `Malformed lines (the first ${show(first.length)} of ${show(count)})` : 'Malformed lines';
  return [[title, ...first.map(({ line, text }) => `  line ${String(line)}: ${printable(text)}`)].join('\n')];
};

const show = (count: number): string => count.toLocaleString('en');

const fit = (name: string): string => {
  const text = printable(name);
  return text.length > NAME ? `${text.slice(0, NAME - 1)}…` : text;
};

/** A log holds what strangers have sent: nothing of it may steer a terminal. */
const printable = (text: string): string => text.replace(/\p{C}/gu, '·');
