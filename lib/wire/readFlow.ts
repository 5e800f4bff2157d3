import type { Mismatch } from '../flow/Codec.js';
import { ErrorHandler } from '../flow/ErrorHandler.js';
import { list } from '../flow/FlowError.js';
import { isRoutine } from '../flow/Home.js';
import { limitFrom } from '../flow/Limit.js';
import type { ParamMapping } from '../flow/mapping.js';
import { describeError } from '../prelude/describeError.js';
import { pick } from '../prelude/pick.js';
import { ENOUGH } from './codecs.js';
import { type DecodeOptions, decodeJson, refuse } from './decodeJson.js';
import { type FlowDocument, flowFormat } from './FlowDefinition.js';
import type { Described, FlowParts } from './FlowParts.js';
import type { Named } from './functionNames.js';
import { wireError } from './WireError.js';
import { checkCopy } from '../flow/checkCopy.js';

type Definition = FlowDocument['routines'][number];
type Handler = NonNullable<FlowDocument['errorHandler']>;

/** What is registered. */
interface Known<R> {
  readonly types: readonly string[];
  factory(type: string): (() => R) | undefined;
  function(name: string): Named | undefined;
}

/**
 * Reads the parts of a flow from JSON, or from its text. Every routine is new.
 *
 * @throws WireError `BAD_JSON`, `UNKNOWN_VERSION`, `NOT_CONSTRUCTIBLE`
 */
export const readFlow = <R extends Described>(json: unknown, registry: Known<R>, options?: DecodeOptions): FlowParts<R> => {
  const document = decodeJson(flowFormat, json, options);
  const { routines, connections, errorHandler, maxJobs = Infinity, maxPendingJobs = Infinity, ...settings } = document;
  const missing = unregistered(document, registry);
  if (missing.length > 0) refuse(flowFormat, missing);
  const handlerFrom = (handler: Handler | undefined): ErrorHandler | undefined => handler && toErrorHandler(handler, registry);
  return {
    settings: { ...settings, maxJobs, maxPendingJobs, ...limitFrom(settings), errorHandler: handlerFrom(errorHandler) },
    routines: toInstances(routines, registry, handlerFrom),
    connections: connections.map(({ mapping, ...ends }) => ({
      ...ends,
      mapping:
        mapping?.renames ??
        (mapping?.function === undefined ? undefined : (registry.function(mapping.function) as ParamMapping | undefined)),
    })),
  };
};

/** Finds every type and every function that the JSON names and the registry lacks. */
const unregistered = ({ routines, connections, errorHandler }: FlowDocument, registry: Known<unknown>): readonly Mismatch[] => {
  const lost = (path: string, names: readonly (string | undefined)[]): readonly Mismatch[] =>
    names.flatMap((value) =>
      value === undefined || registry.function(value) !== undefined
        ? []
        : [{ path, expected: 'a function that is registered', value }],
    );
  const lostBy = (path: string, handler: Handler | undefined): readonly Mismatch[] => [
    ...lost(`${path}.retryOn`, [...(handler?.retryOn?.classes ?? []), handler?.retryOn?.question]),
    ...lost(`${path}.delayBy`, [handler?.delayBy]),
  ];
  const expected = `a type that is registered (${list(registry.types, 'types')})`;
  return [
    ...routines.flatMap(({ type }, at) =>
      registry.factory(type) === undefined ? [{ path: `routines.${at}.type`, expected, value: type }] : [],
    ),
    ...lostBy('errorHandler', errorHandler),
    ...routines.flatMap((routine, at) => lostBy(`routines.${at}.errorHandler`, routine.errorHandler)),
    ...connections.flatMap(({ mapping }, at) => lost(`connections.${at}.mapping`, [mapping?.function])),
  ].slice(0, ENOUGH);
};

const toErrorHandler = (handler: Handler, registry: Known<unknown>): ErrorHandler => {
  const { retryOn, delayBy, ...options } = handler;
  // All numbers are written, also those that this strategy has no use for.
  if (options.strategy !== 'retry') return new ErrorHandler(pick(options, 'strategy', 'fallback', 'critical'));
  const known = (name: string): never => registry.function(name) as never;
  const filter = retryOn?.question === undefined ? retryOn?.classes?.map(known) : known(retryOn.question);
  return new ErrorHandler({ ...options, delayMs: delayBy === undefined ? options.delayMs : known(delayBy), retryOn: filter });
};

const toInstances = <R extends Described>(
  definitions: readonly Definition[],
  registry: Known<R>,
  handlerFrom: (handler: Handler | undefined) => ErrorHandler | undefined,
): ReadonlyMap<string, R> => {
  const made = new Map<string, R>();
  const given = new Set<R>();
  for (const definition of definitions) {
    const routine = construct(definition, registry, given);
    given.add(routine);
    made.set(definition.id, routine.setConfig(definition.config));
    const errorHandler = handlerFrom(definition.errorHandler);
    if (errorHandler !== undefined) routine.setErrorHandler(errorHandler);
  }
  return made;
};

/** @throws WireError `NOT_CONSTRUCTIBLE` */
const construct = <R extends Described>(
  { id, type, slots, events }: Definition,
  registry: Known<R>,
  given: ReadonlySet<R>,
): R => {
  const fail = (reason: string, cause?: unknown): never => {
    throw wireError('NOT_CONSTRUCTIBLE', { type, routineId: id, reason }, cause);
  };
  let routine: R | undefined;
  try {
    routine = registry.factory(type)?.();
  } catch (error) {
    return fail(describeError(error).message, error);
  }
  checkCopy(routine);
  if (!isRoutine(routine)) return fail('it gave something else');
  if (given.has(routine)) fail('it gave one that it had given before');
  for (const slot of slots) if (routine.slot(slot) === undefined) fail(`it has no slot '${slot}'`);
  for (const event of events) if (routine.event(event) === undefined) fail(`it has no event '${event}'`);
  return routine;
};
