import type { Job } from '../Job.js';
import { checkRun, type ExecuteOptions } from '../flow/ExecuteOptions.js';
import { checkKnown, checkOptions, checkText, type Known } from '../flow/checkOption.js';
import type { JobRecord } from '../job/JobRecord.js';
import { isFinal } from '../job/JobStatus.js';
import type { Step } from './Line.js';
import { keyOf, literal, memberOf, quote } from './literal.js';
import { drawMarbles, type Mark } from './marbles.js';
import { drawOne, ownLetters, type Recorder, recorderOf, type Recording } from './recordMarbles.js';
import type { ReplayStep } from './replay.js';
import { SPARE, Symbols, UNNAMED } from './Symbols.js';
import { testingError } from './TestingError.js';
import { type Replay, toReplay } from './toReplay.js';

/** What the source of a test needs that no record tells. */
export interface ToMarbleTestOptions {
  /** The expression that makes the flow anew; `flowOptions` is in reach. @default 'makeFlow(flowOptions)' */
  readonly flow?: string | undefined;
  /** Lines that the expression needs above the test, such as its import. @default a comment that asks for it */
  readonly imports?: string | undefined;
  /** The sentence of the test. @default 'should run as it was recorded' */
  readonly name?: string | undefined;
  /** The options of the run, for the source to repeat them: no record tells them. @default none */
  readonly run?: Pick<ExecuteOptions, 'timeoutMs' | 'executionStrategy' | 'maxWorkers'> | undefined;
}

const KNOWN: Known<ToMarbleTestOptions> = { flow: true, imports: true, name: true, run: true };
const RUN: Known<NonNullable<ToMarbleTestOptions['run']>> = { timeoutMs: true, executionStrategy: true, maxWorkers: true };

const check = ({ run = {}, ...texts }: ToMarbleTestOptions): void => {
  checkKnown(texts, KNOWN);
  checkRun(checkKnown(run, RUN, 'run'));
  for (const [option, text] of Object.entries(texts)) checkText(option, text);
};

type Started = JobRecord & { readonly type: 'started' };

const MISSING = '// Import what makes the flow of this run anew: makeFlow(flowOptions), or whatever stands in its place below.';

/**
 * Turns a recorded run into the source of a test that reproduces it, in TypeScript for jest. The job has ended or is paused, and
 * `recordMarbles` or a `testFlow` has recorded it from its start.
 *
 * The test makes the flow anew, but the flow's own handlers do not run: stand-ins repeat what each handler emitted, how long it
 * took, and what it threw. So the test says whether the flow does the same with the same answers: its connections, mappings,
 * merges, codecs, error handlers and workers. It does not say whether the handlers still give these answers. A pause, a resume
 * and a cancel from outside are repeated too. A value without a literal is lost, and a comment says so. A jitter draws other
 * numbers, and a real timer that was late is not late again.
 *
 * @example
 * const job = makeFlow({}).start('reader', { path: 'access.log' });
 * recordMarbles(job);
 * await job.done;
 * await writeFile('spec/incident-spec.ts', toMarbleTest(job, { imports: "import { makeFlow } from '../src/makeFlow';" }));
 *
 * @throws TestingError `NOT_RECORDED`, `RECORDED_LATE`, `UNFINISHED`, `TOO_MANY_VALUES`; FlowError `BAD_OPTION`
 */
export const toMarbleTest = (recorded: Job | Recording, options: ToMarbleTestOptions = {}): string => {
  check(checkOptions(options));
  const recorder = recorderFor(recorded);
  const { job } = 'job' in recorded ? recorded : { job: recorded };
  if (!isFinal(job.status) && job.status !== 'paused') throw testingError('UNFINISHED', { jobId: job.id });
  const started = recorder.seen[0]?.record;
  if (started?.type !== 'started') throw testingError('RECORDED_LATE', { jobId: job.id });
  return new Source(job, started, toReplay(recorder), options).text;
};

const recorderFor = (recorded: Job | Recording): Recorder => {
  const recorder = recorderOf(recorded);
  if (recorder !== undefined) return recorder;
  throw testingError('NOT_RECORDED', { jobId: (recorded as Partial<Job> | undefined)?.id });
};

const range = (first: number, last: number): readonly string[] =>
  Array.from({ length: last - first + 1 }, (_, at) => String.fromCodePoint(first + at));

/** Symbols for payloads, more than a run that a person reads needs: plain letters first, then Latin, Greek, Cyrillic, Chinese. */
const LETTERS = [
  ...new Set(SPARE),
  ...range(0xc0, 0x24f),
  ...range(0x3b1, 0x3c9),
  ...range(0x430, 0x44f),
  ...range(0x4e00, 0x4fff),
];

const indented = (lines: readonly string[], spaces: number): readonly string[] => lines.map((line) => ' '.repeat(spaces) + line);

/** Writes the source of one test. */
class Source {
  readonly #values: Symbols;

  constructor(
    private readonly job: Job,
    private readonly started: Started,
    private readonly replay: Replay,
    private readonly options: ToMarbleTestOptions,
  ) {
    this.#values = new Symbols({}, ownLetters(replay.expected), LETTERS);
  }

  get text(): string {
    // The diagrams come first, since a payload gets its letter when it is drawn.
    const test = this.#test(this.#expected());
    const values = this.#values.given.map(({ symbol, value }) => `${keyOf(symbol)}: ${literal(value)},`);
    const parts = [...this.#head(), ...table('const values = {', values, '};'), '', ...test, ''];
    return parts.join('\n');
  }

  #head(): readonly string[] {
    const { imports = MISSING } = this.options;
    return [
      `// Written by toMarbleTest: a run that is ${this.job.status}. Its handlers do what they were seen to do, whatever the flow's own`,
      '// would; what is tried is the rest of the flow: connections, mappings, merges, codecs, error handlers, workers.',
      `import { testFlow } from 'routilux/testing';`,
      imports,
      '',
      '/** What the letters of the diagrams stand for. */',
    ];
  }

  #test(expected: readonly string[]): readonly string[] {
    const { name = 'should run as it was recorded', flow = 'makeFlow(flowOptions)' } = this.options;
    const steps = this.replay.script.map((step) => this.#step(step));
    const body = [
      ...table(`const flow = replay(${flow}, [`, steps, ']);'),
      `const job = start(flow, ${this.#run()});`,
      ...table('expectJob(job).toBe({', expected, '}, values);'),
    ];
    return [
      `it(${quote(name)}, () =>`,
      '  testFlow(({ flowOptions, replay, start, expectJob }) => {',
      ...indented(body, 4),
      '  }));',
    ];
  }

  #step([at, call, ...acts]: ReplayStep): string {
    const done = acts.map((act) => (typeof act === 'string' ? quote(act) : this.#act(act)));
    return `[${[at, quote(call), ...done].join(', ')}],`;
  }

  #act(act: object): string {
    const parts = Object.entries(act).map(([key, part]) => `${key}: ${key === 'data' ? this.#payload(part) : literal(part)}`);
    return `{ ${parts.join(', ')} }`;
  }

  /** Every payload is written once, in `values`; the steps refer to it. */
  #payload(data: unknown): string {
    return memberOf('values', this.#values.of(data, {}));
  }

  #run(): string {
    const { entryRoutineId, entryParams } = this.started;
    const run = this.options.run === undefined ? '' : `, ${literal(this.options.run)}`;
    return `${quote(entryRoutineId)}, ${literal(entryParams)}${run}`;
  }

  // ── diagrams ────────────────────────────────────────────────────────────────────────────────────────────────────

  #expected(): readonly string[] {
    const keys = linesOf(this.replay.expected);
    const traces = keys.map((key) => this.#traceOf(key));
    const names = keys.map((key) => `${keyOf(key)}: `);
    const width = Math.max(...names.map(({ length }) => length));
    const { lines } = drawMarbles(traces);
    return names.map((name, index) => `${name.padEnd(width)}${quote(lines[index] ?? '')},`);
  }

  #traceOf(key: string): readonly Mark[] {
    const marks = drawOne(this.replay.expected, key, this.#values);
    if (marks.every(({ symbol }) => symbol !== UNNAMED)) return marks;
    throw testingError('TOO_MANY_VALUES', { jobId: this.job.id, most: LETTERS.length });
  }
}

const table = (first: string, lines: readonly string[], last: string): readonly string[] =>
  lines.length === 0 ? [first + last] : [first, ...indented(lines, 2), last];

/** The lines that the test expects: starts, ends and payloads in their order, and how the attempts of a routine that failed ended. */
const linesOf = (steps: readonly Step[]): readonly string[] => {
  const some = (kind: Step['kind']): readonly Step[] => steps.filter((step) => step.kind === kind);
  const parts = (kind: Step['kind']): readonly string[] =>
    some(kind).map((step) => `${kind} ${step.routineId ?? ''}.${step.part ?? ''}`);
  const failing = some('ends').filter(({ value }) => value !== 'completed');
  const all = [
    'starts',
    'ends',
    ...failing.map(({ routineId }) => `ends ${routineId ?? ''}`),
    ...some('pauses').map(() => 'pauses'),
    ...parts('emits'),
    ...parts('outputs'),
    ...parts('takes'),
  ];
  return [...new Set(all)];
};
