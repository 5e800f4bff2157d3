import { of, type OperatorFunction, takeWhile } from 'rxjs';
import { HandlerContext } from '../engine/HandlerContext.js';
import type { Context } from '../flow/Context.js';
import { keepStreams } from '../engine/JobStreams.js';
import type { StreamKind } from '../engine/streamKinds.js';
import { checkKnown } from '../flow/checkOption.js';
import type { Data } from '../flow/Data.js';
import { flowError } from '../flow/FlowError.js';
import { type DefinedRoutine, defineRoutine } from '../defineRoutine.js';
import type { JobParts } from '../engine/JobParts.js';
import { jobOf } from './jobOf.js';
import { type OperatorSpec, OperatorStream } from './OperatorStream.js';
import { type PayloadOf, payloadOf } from './payloadOf.js';

/** How an operator stands in a flow. */
export interface FromOperatorOptions {
  /**
   * Whether each job keeps all that goes into the operator, so that a snapshot can hold it: when the job is taken up, the
   * operator gets the same inputs again, at once, and of what comes out as many values are left out as had come out before. It
   * costs the memory of the inputs; not for operators whose values depend on time (`debounceTime`), which is not replayed.
   * @default false: a snapshot of a job in which the operator has begun is refused
   */
  readonly replay?: boolean | undefined;
}

/** A routine with a slot `input` and an event `output`. */
export type OperatorRoutine<In extends object, Out> = DefinedRoutine<{ input: In }, { output: PayloadOf<Out> }>;

/**
 * An operator as a routine, with one subscription in each job: what comes to its slot `input` goes in, and what comes out is
 * emitted on its event `output`; a value that is no plain object stands under `value`.
 *
 * The operator is subscribed to when the job starts. When the job comes to rest, its input completes, after those of the
 * operators that lead to it, so `toArray`, `bufferCount`, `reduce`, `debounceTime` give what they hold; the job is done when
 * nothing is left to give. On a cancel, a failure or a timeout it is unsubscribed from, and gives nothing more. An error of the
 * operator is a failure of the task that it came from, or of the job if no task was at work; the error handler of the
 * routine decides, `retry` counting as `stop`, and if the job goes on, the operator begins anew with the next input.
 *
 * @example
 * const batch = fromOperator('batch', (line$: Observable<Line>) => line$.pipe(bufferCount(100)));
 * flow.addRoutine(batch, 'batch');
 * flow.connect(parser.line, batch.slot('input'));
 * flow.connect('batch', 'output', 'store', 'input', { value: 'lines' });
 *
 * @throws FlowError `BAD_NAME`, `BAD_OPTION`
 */
export const fromOperator = <In extends object, Out>(
  type: string,
  operator: OperatorFunction<In, Out>,
  options: FromOperatorOptions = {},
): OperatorRoutine<In, Out> => {
  const { replay = false } = checkKnown(options, { replay: true });
  if (typeof operator !== 'function')
    throw flowError('BAD_OPTION', { option: 'operator', value: operator, expected: 'an operator, as in map(…) or pipe(…)' });
  if (typeof replay !== 'boolean') throw flowError('BAD_OPTION', { option: 'replay', value: replay, expected: 'true or false' });
  const spec: OperatorSpec = { operator: operator as unknown as OperatorFunction<Data, unknown>, replay };
  const routine = defineRoutine({
    type,
    events: { output: [] },
    slots: { input: { handler: (data, ctx) => void take(spec, data, ctx as Context) } },
  });
  return keepStreams(routine, kindOf(spec)) as unknown as OperatorRoutine<In, Out>;
};

const kindOf = (spec: OperatorSpec): StreamKind => ({
  open: (job: JobParts, routine, [left]) => new OperatorStream(job, routine, spec, left),
});

const take = (spec: OperatorSpec, data: Data, ctx: Context): void => {
  if (!(ctx instanceof HandlerContext)) {
    takeDirectly(spec, data, ctx);
    return;
  }
  const stream = jobOf(ctx).streams?.streamAt(ctx.connection.slot.routine);
  if (stream instanceof OperatorStream) stream.next(data, ctx);
};

/** Outside any job there is one input, and its completion. What fails later, when nobody waits any more, is an unhandled error. */
const takeDirectly = ({ operator }: OperatorSpec, data: Data, ctx: Context): void => {
  let failure: { readonly error: unknown } | undefined;
  let returned = false;
  const fail = (error: unknown): void => {
    if (returned) throw error;
    failure ??= { error };
  };
  of(data)
    .pipe(
      operator,
      // eslint-disable-next-line rxjs-x/no-ignored-takewhile-value -- it is the failure that says when to stop
      takeWhile(() => failure === undefined),
    )
    .subscribe({
      next: (value) => {
        try {
          ctx.emit('output', payloadOf(value));
        } catch (error) {
          fail(error);
        }
      },
      error: fail,
    });
  returned = true;
  if (failure !== undefined) throw (failure as { error: unknown }).error;
};
