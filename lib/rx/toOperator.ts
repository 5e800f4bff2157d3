import {
  catchError,
  concatMap,
  exhaustMap,
  mergeMap,
  Observable,
  type ObservableInput,
  type OperatorFunction,
  switchMap,
  takeWhile,
  tap,
} from 'rxjs';
import { inContext } from '../engine/ambient.js';
import { abandon } from '../engine/owned.js';
import { checkKnown, checkOption, type Known } from '../flow/checkOption.js';
import type { Data } from '../flow/Data.js';
import type { AnyEvent, Event } from '../flow/Event.js';
import { checkRun, type ExecuteOptions } from '../flow/ExecuteOptions.js';
import { flowError } from '../flow/FlowError.js';
import { checkEntry, eventIn, type RoutinesById, type Place } from '../flow/placeIn.js';
import { type JobError, notStarted, whyNot } from '../job/JobError.js';
import type { JobRecord } from '../job/JobRecord.js';
import { type Flow, openJob } from '../Flow.js';
import type { Job } from '../Job.js';
import type { Routine } from '../Routine.js';
import { feed } from './feed.js';
import { checkCopy } from '../flow/checkCopy.js';

/**
 * What happens to a value that comes while a job runs, in the words of RxJS: it gets a job beside it (`merge`), waits
 * (`concat`), cancels that job and takes its place (`switch`), or is left out (`exhaust`). With `job` there is one job for
 * the whole stream, and each value is a task of its entry.
 */
export type Flattening = 'merge' | 'concat' | 'switch' | 'exhaust' | 'job';

/** How a flow stands in a stream; what is left out is the flow's own setting. */
export interface ToOperatorOptions<
  E extends string | AnyEvent = string | AnyEvent,
  In extends object = object,
  Instead extends object = never,
> extends Pick<ExecuteOptions, 'timeoutMs' | 'executionStrategy' | 'maxWorkers' | 'signal'> {
  /** The id of the routine whose slot `trigger` gets each value. */
  readonly entry: string;
  /** The event whose payloads the stream emits: `routineId.event`, or the event itself, which types the stream. */
  readonly output: E;
  /** What happens to a value that comes while a job runs. @default 'merge' */
  readonly as?: Flattening | undefined;
  /** Jobs at once with `merge`, a whole number from 1; values beyond it wait, without a bound. @default Infinity */
  readonly concurrent?: number | undefined;
  /**
   * What takes the place of a job that did not complete, so that the stream lives on: gets its error, and the value that it was for. What it
   * throws is the error of the stream. Not with `job`. @default none: the error is the stream's
   */
  readonly onJobError?: ((error: JobError, value: In) => ObservableInput<Instead>) | undefined;
}

const OPTIONS: Known<ToOperatorOptions> = {
  entry: true,
  output: true,
  as: true,
  concurrent: true,
  onJobError: true,
  timeoutMs: true,
  executionStrategy: true,
  maxWorkers: true,
  signal: true,
};

/**
 * A flow as an operator: one job per value, the value being its `entryParams`, and out come the payloads of one event while
 * the jobs run.
 *
 * Cold: nothing runs before somebody subscribes, and each subscription has its jobs for itself; no replay. It owns its
 * jobs: unsubscribing cancels those that run, with the reason `unsubscribed`. A payload is a copy, emitted in the turn of
 * the handler that emitted it, when no handler is on the stack. It completes when the source and every job have; a job that
 * is paused keeps it open. A job that does not complete (failed, timed out, cancelled by others, could not start) is an
 * error of the stream, a `JobError` whose message holds the cause's, and the jobs beside it are cancelled.
 *
 * With `job` the job begins with the subscription, so operators in the flow (`fromOperator`) work over the whole stream; when the
 * source completes, the job comes to rest and ends. An error of the source is the stream's at once, as it is.
 *
 * ```text
 * source   --a-------b---|
 * job of a   ---x---y|            merge: a job each
 * job of b           ---x---y|
 * result   -----x---y---x---y|
 * ```
 *
 * @example
 * line$.pipe(toOperator(flow, { entry: 'parser', output: parser.event('words'), as: 'concat' }));
 *
 * @throws FlowError `UNKNOWN_ROUTINE`, `NO_TRIGGER`, `UNKNOWN_EVENT`, `BAD_OPTION`, `BAD_STRATEGY`
 */
export function toOperator<Out extends object, In extends object = object, Instead extends object = never>(
  flow: Flow,
  options: ToOperatorOptions<Event<Out>, In, Instead>,
): OperatorFunction<In, Out | Instead>;
export function toOperator<In extends object = object, Instead extends object = never>(
  flow: Flow,
  options: ToOperatorOptions<string, In, Instead>,
): OperatorFunction<In, Data | Instead>;
export function toOperator(
  flow: Flow,
  options: ToOperatorOptions<string | AnyEvent, object, object>,
): OperatorFunction<object, object> {
  const { entry, output, as = 'merge', concurrent, onJobError, ...wanted } = checkKnown(options, OPTIONS);
  const parts = partsOf(checkCopy(flow));
  checkEntry(parts, entry);
  checkRun(wanted);
  const place = eventIn(parts, output, 'output');
  const flatten = checkFlattening(as, concurrent);
  checkInstead(as, onJobError);
  if (flatten === undefined) return asOneJob(flow, entry, wanted, place);
  const run$ = (params: object): Observable<object> => flow.run$(entry, params, wanted).pipe(payloadsOf(place));
  if (onJobError === undefined) return flatten(run$);
  return flatten((params) => run$(params).pipe(catchError((error: unknown) => onJobError(error as JobError, params))));
}

const checkInstead = (as: Flattening, onJobError: unknown): void => {
  const isFine = onJobError === undefined || (typeof onJobError === 'function' && as !== 'job');
  checkOption(
    'onJobError',
    onJobError,
    isFine,
    "a function (error, value) => an observable or what makes one, and not with 'job'",
  );
};

/** One job for the whole stream, from the subscription on. */
const asOneJob =
  (flow: Flow, entry: string, wanted: ExecuteOptions, place: Place): OperatorFunction<object, Data> =>
  (source$) =>
    new Observable((observer) => {
      const job = tryToOpen(flow, entry, wanted);
      let isSourceOver = false;
      // An operator that ends by itself: the job may have more to do, but the stream has nothing to give (D40).
      const told$ = job.record$.pipe(takeWhile((record) => isSourceOver || !isEndOf(place, record)));
      observer.add(told$.pipe(payloadsOf(place)).subscribe(inContext(observer)));
      observer.add(() => {
        abandon(job);
      });
      // The error of the source is the stream's, and not one of the job.
      const tell = (error: unknown): void => {
        observer.error(error);
      };
      if (!observer.closed)
        observer.add(
          feed(job, `${entry}.trigger`, source$.pipe(tap({ error: tell, complete: () => void (isSourceOver = true) }))),
        );
    });

/** @throws JobError `NOT_STARTED` */
const tryToOpen = (flow: Flow, entry: string, wanted: ExecuteOptions): Job => {
  try {
    return openJob(flow, entry, wanted);
  } catch (error) {
    throw notStarted(error);
  }
};

type Flatten = (project: (params: object) => Observable<object>) => OperatorFunction<object, object>;

const FLATTENINGS: Readonly<Record<Flattening, Flatten | undefined>> = {
  merge: (project) => mergeMap(project),
  concat: (project) => concatMap(project),
  switch: (project) => switchMap(project),
  exhaust: (project) => exhaustMap(project),
  job: undefined,
};

const checkFlattening = (as: Flattening, concurrent: number | undefined): Flatten | undefined => {
  if (!Object.hasOwn(FLATTENINGS, as))
    throw flowError('BAD_OPTION', { option: 'as', value: as, expected: `one of ${known(Object.keys(FLATTENINGS))}` });
  if (concurrent === undefined) return FLATTENINGS[as];
  const limit = checkConcurrent(as, concurrent);
  return (project) => mergeMap(project, limit);
};

const known = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');

const checkConcurrent = (as: Flattening, concurrent: number): number => {
  if (as === 'merge' && concurrent >= 1 && (Number.isInteger(concurrent) || concurrent === Infinity)) return concurrent;
  throw flowError('BAD_OPTION', { option: 'concurrent', value: concurrent, expected: "a whole number from 1 up, with 'merge'" });
};

const partsOf = ({ flowId, routines }: Flow): RoutinesById<Routine> => ({
  flowId,
  byId: routines,
  routineOf: (routine) => routine,
});

/** Whether the operator has completed whose values are the result, if it is one. */
const isEndOf = ({ routineId }: Place, record: JobRecord): boolean =>
  record.type === 'operatorCompleted' && record.routineId === routineId;

/** The payloads among the records of one job, and its failure as an error. */
const payloadsOf =
  ({ routineId, name }: Place): OperatorFunction<JobRecord, Data> =>
  (record$) =>
    new Observable((observer) => {
      const read = (record: JobRecord): void => {
        if (record.type === 'emitted' && record.event === name && record.routineId === routineId)
          observer.next({ ...record.data });
        else if (record.type === 'ended' && record.status !== 'completed') observer.error(whyNot(record));
      };
      return record$.subscribe({
        next: read,
        error: (error: unknown) => {
          observer.error(notStarted(error));
        },
        complete: () => {
          observer.complete();
        },
      });
    });
