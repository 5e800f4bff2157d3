import { asyncScheduler, type SchedulerLike, type Subscription } from 'rxjs';
import type { Job } from '../Job.js';
import type { JobRecord, OutputRecord } from '../job/JobRecord.js';
import { isFinal } from '../job/JobStatus.js';
import { type Comparison, reportOn } from './Comparison.js';
import { expectedOn, type JobMarbles, type LineKind, lineOf, type MarbleValues, type Moment, type Step } from './Line.js';
import { drawMarbles } from './marbles.js';
import { Symbols } from './Symbols.js';
import { testingError } from './TestingError.js';

export interface RecordOptions {
  /** Whose time it is; that of the flow. @default asyncScheduler */
  readonly scheduler?: SchedulerLike | undefined;
  /** How many ms one ms of the diagram stands for, above 0: a slow run at 100 fits on a line. Rounded to whole ones. @default 1 */
  readonly unitMs?: number | undefined;
}

/** What a job did so far, as marbles. It goes on until the job ends, and never holds it up. */
export interface Recording {
  readonly job: Job;
  /**
   * One line, such as `starts` or `emits t.o`: symbols by the values, else letters that it chooses.
   *
   * @throws TestingError `BAD_LINE`
   */
  marbles(line: string, values?: MarbleValues): string;
  /** Every line on which something happened, one above the other, and what the letters stand for. */
  toString(): string;
}

/** What a recording is beside what users see of it. */
export interface Steps {
  readonly steps: readonly Step[];
}

let order = 0;

const END: Readonly<Record<string, string>> = { completed: '|', failed: '#', cancelled: '!' };

/** Records jobs, each from when it is given; time is what `now` says, in ms. */
export class Recorder implements Steps {
  readonly steps: Step[] = [];

  constructor(private readonly now: () => number) {}

  /** @throws TestingError `ENDED_UNWATCHED` */
  watch(job: Job): Subscription {
    if (isFinal(job.status)) throw testingError('ENDED_UNWATCHED', { jobId: job.id });
    const note = (kind: Step['kind'], value: unknown, place: Partial<Step> = {}): void => {
      this.steps.push({ at: this.now(), order: order++, jobId: job.id, kind, value, ...place });
    };
    const watching = job.record$.subscribe({
      next: (record) => {
        noteRecord(note, record);
      },
      complete: () => {
        note('end', END[job.status]);
      },
    });
    watching.add(job.status$.subscribe((status) => isShown(status) && note('status', status)));
    watching.add(
      job.progress$.subscribe(({ queued, active }) => {
        note('queued', queued);
        note('active', active);
      }),
    );
    return watching;
  }
}

const isShown = (status: string): boolean => status === 'running' || status === 'paused';

type Note = (kind: LineKind, value: unknown, place?: Partial<Step>) => void;

const noteRecord = (note: Note, record: JobRecord): void => {
  if (record.type === 'taskStarted') note('starts', record.data, { routineId: record.routineId, part: record.slot });
  else if (record.type === 'taskSettled') noteEnd(note, record);
  else if (record.type === 'emitted') note('emits', record.data, { routineId: record.routineId, part: record.event });
  else if (record.type === 'output') noteOutput(note, record.output);
  else if (record.type === 'paused' || record.type === 'resumed') note('pauses', record.type);
};

const noteOutput = (note: Note, { routineId, type, data }: OutputRecord): void => {
  note('outputs', data, { routineId, part: type });
};

const noteEnd = (note: Note, { routineId, slot: part, outcome, attempt }: JobRecord & { type: 'taskSettled' }): void => {
  note('ends', outcome, { routineId, part });
  if (outcome === 'retry') note('retries', attempt, { routineId, part });
};

/** The steps of several jobs as one. */
export const together = (recordings: readonly Steps[]): readonly Step[] =>
  recordings.flatMap(({ steps }) => steps).sort((a, b) => a.order - b.order);

/** Reads what a test expects of jobs, before anything is compared. @throws TestingError `BAD_LINE`, `BAD_MARBLES` */
export const expectation = (lines: JobMarbles, values: MarbleValues): ((steps: readonly Step[]) => string | undefined) => {
  const wanted = Object.entries(lines)
    .map(([key, diagram]) => ({ line: lineOf(key), diagram }))
    .map(({ line, diagram }) => ({ line, expected: expectedOn(line, diagram, values) }));
  return (steps) =>
    reportOn(
      wanted.map((one): Comparison => ({ ...one, actual: one.line.select(steps) })),
      values,
    );
};

const DRAWN: readonly LineKind[] = ['starts', 'ends', 'retries', 'emits', 'outputs', 'pauses', 'queued'];

const drawOne = (steps: readonly Step[], key: string, symbols: Symbols): readonly { at: number; symbol: string }[] => {
  const line = lineOf(key);
  return line.select(steps).map(({ at, symbol, value }: Moment) => ({ at, symbol: symbol ?? symbols.of(value, line.known) }));
};

/** All of a recording as one diagram. */
export const drawSteps = (steps: readonly Step[]): string => {
  const keys = DRAWN.filter((kind) => steps.some((step) => step.kind === kind));
  const symbols = new Symbols({}, ownLetters(steps));
  const { lines } = drawMarbles(keys.map((key) => drawOne(steps, key, symbols)));
  const rows = keys.map((key, index) => `${key.padEnd(9)}${lines[index] ?? ''}`);
  return [...rows, ...symbols.meanings.map((meaning, index) => `${(index === 0 ? 'where' : '').padEnd(9)}${meaning}`)].join('\n');
};

/** Routines that are named by one letter keep it. */
const ownLetters = (steps: readonly Step[]): ReadonlySet<string> =>
  new Set(steps.flatMap(({ routineId }) => (routineId?.length === 1 ? [routineId] : [])));

const RECORDERS = new WeakMap<object, Steps>();

/** The steps of what `recordMarbles` gave; undefined for anything else. */
export const stepsOf = (recording: unknown): readonly Step[] | undefined =>
  typeof recording === 'object' && recording !== null ? RECORDERS.get(recording)?.steps : undefined;

/**
 * Turns a run into a diagram: call it in the turn in which the job is started, and print the recording when the job is done.
 * Time begins with the call; real time is rounded to whole ms, so two runs may differ in it.
 *
 * @example
 * const job = flow.start('s');
 * const recording = recordMarbles(job);
 * await job.done;
 * console.log(recording.toString());
 * // starts   s-----t---|
 * // ends     ------s---(t|)
 * recording.marbles('starts'); // 's-----t---|'
 *
 * @throws TestingError `ENDED_UNWATCHED`
 */
export const recordMarbles = (job: Job, { scheduler = asyncScheduler, unitMs = 1 }: RecordOptions = {}): Recording => {
  const begun = scheduler.now();
  const recorder = new Recorder(() => Math.round((scheduler.now() - begun) / unitMs));
  recorder.watch(job);
  return recordingOf(job, recorder);
};

/** What users see of a recorder. */
export const recordingOf = (job: Job, recorder: Steps): Recording => {
  const recording: Recording = {
    job,
    marbles: (line, values = {}) => drawMarbles([drawOne(recorder.steps, line, new Symbols(values))]).lines[0]?.trimStart() ?? '',
    toString: () => drawSteps(recorder.steps),
  };
  RECORDERS.set(recording, recorder);
  return recording;
};
