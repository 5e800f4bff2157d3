import { asyncScheduler, type SchedulerLike, type Subscription } from 'rxjs';
import { behind, type Job } from '../Job.js';
import { checkKnown, checkOption, type Known } from '../flow/checkOption.js';
import type { OutputRecord } from '../flow/OutputRecord.js';
import type { JobRecord, SlotActivationTask } from '../job/JobRecord.js';
import { checkCopy } from '../flow/checkCopy.js';
import { isFinal } from '../job/JobStatus.js';
import { type Comparison, reportOn } from './Comparison.js';
import { expectedOn, type JobMarbles, type LineKind, lineOf, type MarbleValues, type Moment, type Step } from './Line.js';
import { drawMarbles } from './marbles.js';
import { Symbols } from './Symbols.js';
import { testingError } from './TestingError.js';

/** How a run is drawn. */
export interface RecordOptions {
  /** Whose time it is; that of the flow. @default asyncScheduler */
  readonly scheduler?: SchedulerLike | undefined;
  /** How many ms one ms of the diagram stands for, above 0: a slow run at 100 fits on a line. Rounded to whole ones. @default 1 */
  readonly unitMs?: number | undefined;
}

const RECORD_OPTIONS: Known<RecordOptions> = { scheduler: true, unitMs: true };

/** What a job did so far, as marbles. It goes on until the job ends, and never holds it up. */
export interface Recording {
  /** The job that is recorded. */
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

/** By recording, and by job: the first one of it. */
const RECORDERS = new WeakMap<object, Recorder>();

/** How a job has ended, as a mark. */
export const END: Readonly<Record<string, string>> = { completed: '|', failed: '#', cancelled: '!' };

/** A record as it came. */
export interface Seen {
  /** In ms, whatever the unit of the diagrams. */
  readonly at: number;
  readonly record: JobRecord;
  /** For how many ms a retry waits. */
  readonly delayMs?: number | undefined;
}

/** Above so many tasks that wait, a retry is not looked for among them: recording never holds a job up. */
const SHORT_QUEUE = 1_000;

/** Records jobs, each from when it is given; time is what `now` says, in ms, and `draw` its place in a diagram. */
export class Recorder implements Steps {
  readonly steps: Step[] = [];
  readonly seen: Seen[] = [];
  /** What each slot, as `routine.slot`, has taken in. */
  readonly taken = new Map<string, object[]>();
  #queued = 0;

  constructor(
    private readonly now: () => number,
    private readonly draw: (ms: number) => number = (ms) => ms,
  ) {}

  /** @throws TestingError `ENDED_UNWATCHED` */
  watch(job: Job): Subscription {
    if (isFinal(behind(checkCopy(job)).ledger.data.status)) throw testingError('ENDED_UNWATCHED', { jobId: job.id });
    const note = (kind: Step['kind'], value: unknown, place: Partial<Step> = {}): void => {
      this.steps.push({ at: this.draw(this.now()), order: order++, jobId: job.id, kind, value, ...place });
    };
    if (!RECORDERS.has(job)) RECORDERS.set(job, this);
    const watching = job.record$.subscribe({
      next: (record) => {
        this.seen.push({ at: this.now(), record, ...this.#delayOf(job, record) });
        if (record.type === 'taskQueued') watching.add(this.#watchSlot(job, record, note));
        noteRecord(note, record);
      },
      complete: () => {
        note('end', END[behind(job).ledger.data.status]);
      },
    });
    watching.add(job.status$.subscribe((status) => isShown(status) && note('status', status)));
    watching.add(
      job.progress$.subscribe(({ queued, active }) => {
        this.#queued = queued;
        note('queued', queued);
        note('active', active);
      }),
    );
    return watching;
  }

  /** A slot is watched from its first task on. */
  #watchSlot(job: Job, { routineId, slot: part }: SlotActivationTask, note: Note): Subscription | undefined {
    const place = `${routineId}.${part}`;
    if (this.taken.has(place)) return undefined;
    const taken: object[] = [];
    this.taken.set(place, taken);
    return job.slot$(place).subscribe((data) => {
      taken.push(data);
      note('takes', data, { routineId, part });
    });
  }

  // A record does not say it, and a real timer is late.
  #delayOf(job: Job, record: JobRecord): Pick<Seen, 'delayMs'> {
    if (record.type !== 'taskSettled' || record.outcome !== 'retry' || this.#queued > SHORT_QUEUE) return {};
    const { dueAt } = job.state.pendingTasks.find(({ taskId }) => taskId === record.taskId) ?? {};
    return dueAt === undefined ? {} : { delayMs: dueAt.getTime() - record.timestamp.getTime() };
  }
}

const isShown = (status: string): boolean => status === 'running' || status === 'paused';

export type Note = (kind: LineKind, value: unknown, place?: Partial<Step>) => void;

/** What a diagram shows of a record. */
export const noteRecord = (note: Note, record: JobRecord): void => {
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

/** The marks of one line. */
export const drawOne = (steps: readonly Step[], key: string, symbols: Symbols): readonly { at: number; symbol: string }[] => {
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
export const ownLetters = (steps: readonly Step[]): ReadonlySet<string> =>
  new Set(steps.flatMap(({ routineId }) => (routineId?.length === 1 ? [routineId] : [])));

/** Who made what `recordMarbles` gave, or recorded a job; undefined for anything else. */
export const recorderOf = (recorded: unknown): Recorder | undefined =>
  typeof recorded === 'object' && recorded !== null ? RECORDERS.get(ofThisCopy(recorded)) : undefined;

/** @throws FlowError `TWO_COPIES` */
const ofThisCopy = (recorded: Partial<Recording>): object => {
  checkCopy(recorded.job);
  return checkCopy(recorded);
};

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
 * @throws TestingError `ENDED_UNWATCHED`; FlowError `BAD_OPTION`
 */
export const recordMarbles = (job: Job, options: RecordOptions = {}): Recording => {
  const { scheduler = asyncScheduler, unitMs = 1 } = checkKnown(options, RECORD_OPTIONS);
  checkOption('unitMs', unitMs, typeof unitMs === 'number' && unitMs > 0, 'a number above 0, in ms');
  checkOption(
    'scheduler',
    scheduler,
    typeof (scheduler as Partial<SchedulerLike> | null)?.now === 'function',
    'a scheduler of RxJS',
  );
  const begun = scheduler.now();
  const recorder = new Recorder(
    () => scheduler.now() - begun,
    (ms) => Math.round(ms / unitMs),
  );
  recorder.watch(job);
  return recordingOf(job, recorder);
};

/** What users see of a recorder. */
export const recordingOf = (job: Job, recorder: Recorder): Recording => {
  const recording: Recording = {
    job,
    marbles: (line, values = {}) => drawMarbles([drawOne(recorder.steps, line, new Symbols(values))]).lines[0]?.trimStart() ?? '',
    toString: () => drawSteps(recorder.steps),
  };
  RECORDERS.set(recording, recorder);
  return recording;
};
