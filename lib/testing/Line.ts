import type { Mark } from './marbles.js';
import { isEnd, parseMarbles } from './marbles.js';
import { testingError } from './TestingError.js';

/** What is seen of a job, as it was seen. */
export interface Step {
  /** In ms. */
  readonly at: number;
  /** Orders the steps of several jobs within one ms. */
  readonly order: number;
  readonly jobId: string;
  readonly kind: LineKind | 'end';
  readonly routineId?: string;
  /** The slot, the event, or the type of the output. */
  readonly part?: string;
  readonly value: unknown;
}

/** One step of a line; its `symbol` if it is the end of a job, or if a diagram names it. */
export interface Moment {
  readonly at: number;
  readonly symbol?: string;
  readonly value: unknown;
}

const KINDS = ['starts', 'takes', 'ends', 'emits', 'outputs', 'retries', 'pauses', 'status', 'queued', 'active'] as const;

/** So many of them, from the first, can have a subject. */
const BY_SUBJECT = 6;

/** What a line of a diagram is about (see `JobMarbles`). */
export type LineKind = (typeof KINDS)[number];

type BySubject = 'starts' | 'takes' | 'ends' | 'emits' | 'outputs' | 'retries';

/**
 * The lines of a diagram, each the marbles of one kind of step; all end with the job: `|` completed, `#` failed,
 * `!` cancelled. A line without a routine shows the ids of routines; a routine that is named by one letter needs no value.
 *
 * | line | alone | with a subject, as in `starts t`, `starts t.slot` |
 * | --- | --- | --- |
 * | `starts` | each attempt as it begins | its payload, as it was queued |
 * | `takes` | each task as its handler is called first | its payload as the handler gets it: mapped, read by the codec, merged |
 * | `ends` | each attempt as it ends, however | `c` completed, `f` failed, `r` to be retried, `e` error continued, `s` skipped, `d` dropped |
 * | `retries` | each attempt that failed and is to be retried | the number of that attempt, from 1 |
 * | `emits` | each emission | its payload, as it was emitted: `emits t.event` |
 * | `outputs` | each `ctx.output` | its data: `outputs t.type` |
 * | `pauses` | `p` paused, `r` resumed | |
 * | `status` | `r` running, `p` paused | |
 * | `queued` | how many tasks wait, retries in their delay as well: what each ms leaves, if it has changed | |
 * | `active` | how many handlers are at work, in the same way | |
 */
export type JobMarbles = Readonly<Partial<Record<LineKind, string>> & Record<`${BySubject} ${string}`, string>>;

/** What the symbols of a diagram stand for: payloads, or ids of routines. */
export type MarbleValues = Readonly<Record<string, unknown>>;

/** A line of a diagram, told by its key. */
export interface Line {
  readonly key: string;
  /** Symbols that have a meaning of their own on this line. */
  readonly known: MarbleValues;
  /** The value that a symbol stands for; undefined if it stands for none. */
  resolve(symbol: string, values: MarbleValues): { readonly value: unknown } | undefined;
  select(steps: readonly Step[]): readonly Moment[];
}

const OUTCOMES = { c: 'completed', f: 'failed', r: 'retry', e: 'error_continued', s: 'skipped', d: 'dropped' };
const GATE = { p: 'paused', r: 'resumed' };
const STATUS = { p: 'paused', r: 'running' };
const DIGITS = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [String(n), n]));

/** @throws TestingError `BAD_LINE` */
export const lineOf = (key: string): Line => {
  const [, kind, subject] = /^(\w+)(?: (.+))?$/s.exec(key) ?? [];
  if (!isKind(kind) || (subject !== undefined && !isBySubject(kind))) throw testingError('BAD_LINE', { line: key, known: KINDS });
  if (kind === 'queued' || kind === 'active') return numbers(key, kind);
  if (kind === 'pauses') return words(key, kind, GATE);
  if (kind === 'status') return words(key, kind, STATUS);
  return subject === undefined ? routines(key, kind) : ofSubject(key, kind, subject);
};

const isKind = (kind: string | undefined): kind is LineKind => KINDS.includes(kind as LineKind);

const isBySubject = (kind: LineKind): kind is BySubject => KINDS.indexOf(kind) < BY_SUBJECT;

const routines = (key: string, kind: LineKind): Line => ({
  key,
  known: {},
  // A symbol may be a payload on another line of the same diagram.
  resolve: (symbol, values) => ({ value: typeof values[symbol] === 'string' ? values[symbol] : symbol }),
  select: (steps) =>
    steps.filter((step) => step.kind === kind || step.kind === 'end').map(momentOf(({ routineId }) => routineId)),
});

const ofSubject = (key: string, kind: BySubject, subject: string): Line => {
  if (kind === 'ends') return words(key, kind, OUTCOMES, subject);
  if (kind === 'retries') return words(key, kind, DIGITS, subject);
  return { ...words(key, kind, {}, subject), resolve: named };
};

const named = (symbol: string, values: MarbleValues): { value: unknown } | undefined =>
  Object.hasOwn(values, symbol) ? { value: values[symbol] } : undefined;

const words = (key: string, kind: LineKind, known: MarbleValues, subject?: string): Line => ({
  key,
  known,
  resolve: (symbol, values) => named(symbol, known) ?? named(symbol, values),
  select: (steps) =>
    steps
      .filter((step) => step.kind === 'end' || (step.kind === kind && isAbout(step, subject)))
      .map(momentOf(({ value }) => value)),
});

const isAbout = ({ routineId, part }: Step, subject: string | undefined): boolean =>
  subject === undefined || subject === routineId || subject === `${routineId ?? ''}.${part ?? ''}`;

const numbers = (key: string, kind: 'queued' | 'active'): Line => ({
  ...words(key, kind, DIGITS),
  select: (steps) => changes(totals(steps, kind)),
});

const momentOf =
  (valueOf: (step: Step) => unknown) =>
  (step: Step): Moment =>
    step.kind === 'end' ? { at: step.at, symbol: String(step.value), value: step.value } : { at: step.at, value: valueOf(step) };

/** The sum over all jobs, after each step. */
const totals = (steps: readonly Step[], kind: LineKind): readonly Moment[] => {
  const latest = new Map<string, number>();
  const total = (step: Step): number => {
    latest.set(step.jobId, Number(step.value));
    return [...latest.values()].reduce((sum, one) => sum + one, 0);
  };
  return steps.filter((step) => step.kind === kind || step.kind === 'end').map(momentOf(total));
};

/** What each ms leaves, if it differs from what was before. */
const changes = (moments: readonly Moment[]): readonly Moment[] => {
  const kept: Moment[] = [];
  let before: unknown;
  for (const moment of lastOfEachMs(moments)) {
    if (moment.symbol === undefined && moment.value === before) continue;
    if (moment.symbol === undefined) before = moment.value;
    kept.push(moment);
  }
  return kept;
};

const lastOfEachMs = (moments: readonly Moment[]): readonly Moment[] => {
  const lasting: Moment[] = [];
  let following: number | undefined;
  for (const moment of [...moments].reverse()) {
    if (moment.symbol !== undefined || moment.at !== following) lasting.push(moment);
    if (moment.symbol === undefined) following = moment.at;
  }
  return lasting.reverse();
};

/** What a diagram expects of a line. @throws TestingError `BAD_MARBLES` */
export const expectedOn = (line: Line, diagram: string, values: MarbleValues): readonly Moment[] =>
  parseMarbles(diagram).map(({ at, symbol }: Mark) => {
    if (isEnd(symbol)) return { at, symbol, value: symbol };
    const resolved = line.resolve(symbol, values);
    if (resolved !== undefined) return { at, symbol, value: resolved.value };
    throw testingError('BAD_MARBLES', { diagram, reason: `'${symbol}' has no value on the line '${line.key}'; give it one` });
  });
