import { ErrorHandler } from '../flow/ErrorHandler.js';
import type { Connection } from '../flow/Connection.js';
import type { ParamMapping } from '../flow/mapping.js';
import type { Mismatch } from '../flow/Codec.js';
import type { FlowSettings } from '../flow/FlowOptions.js';
import type { Finding } from '../flow/Finding.js';
import { flowError } from '../flow/FlowError.js';
import { limitFrom, toLimit } from '../flow/Limit.js';
import { isRoutine } from '../flow/Home.js';
import { describeError } from '../prelude/describeError.js';
import { RoutiluxError } from '../prelude/RoutiluxError.js';
import { write } from './codecs.js';
import { type DecodeOptions, decodeJson, newest, refuse } from './decodeJson.js';
import { FlowDefinition, type FlowDocument, flowFormat } from './FlowDefinition.js';
import { type Described, nameOf, type Registry } from './Registry.js';
import { wireError } from './WireError.js';

/** What a flow is made of. `R` is the kind of its routines. */
export interface FlowParts<R extends Described = Described> {
  readonly settings: Omit<FlowSettings, 'scheduler' | 'asyncContext' | 'random' | 'newId'>;
  readonly routines: ReadonlyMap<string, R>;
  readonly connections: readonly Connection[];
}

type Handler = NonNullable<FlowDocument['errorHandler']>;

// ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** @throws FlowError `NOT_SERIALISABLE`: a config that is not plain data, or a function that no registry knows */
export const writeFlow = ({ settings, routines, connections }: FlowParts): FlowDefinition => {
  const where = `Flow '${settings.flowId}'`;
  return write(where, FlowDefinition, {
    ...settings,
    ...toLimit(settings),
    kind: 'routilux/flow',
    version: newest(flowFormat),
    errorHandler: settings.errorHandler && toHandler(`The error handler of flow '${settings.flowId}'`, settings.errorHandler),
    routines: [...routines].map(([id, routine]) => toRoutine(id, routine)),
    connections: connections.map(toConnection),
  });
};

const toRoutine = (id: string, routine: Described): FlowDocument['routines'][number] => {
  if (routine.type === '')
    throw flowError('NOT_SERIALISABLE', {
      where: `Routine '${id}'`,
      path: 'type',
      got: 'empty',
      expected: 'a name: that of its class, or its static type',
    });
  return describe(id, routine);
};

const describe = (id: string, routine: Described): FlowDocument['routines'][number] => ({
  id,
  type: routine.type,
  config: routine.config,
  slots: [...routine.slots.keys()],
  events: [...routine.events.keys()],
  errorHandler: routine.errorHandler && toHandler(`The error handler of routine '${id}'`, routine.errorHandler),
});

const toHandler = (where: string, handler: ErrorHandler): Handler =>
  Object.assign({}, handler, { retryOn: toRetryOn(where, handler.retryOn) });

const toRetryOn = (where: string, retryOn: ErrorHandler['retryOn']): Handler['retryOn'] => {
  if (retryOn === undefined) return undefined;
  if (typeof retryOn === 'function') return { classes: undefined, question: registered(where, 'retryOn', retryOn) };
  return { classes: retryOn.map((kind) => registered(where, 'retryOn', kind)), question: undefined };
};

const toConnection = ({ mapping, ...ends }: Connection): FlowDocument['connections'][number] => {
  if (mapping === undefined) return { ...ends, mapping };
  if (typeof mapping === 'object') return { ...ends, mapping: { renames: mapping, function: undefined } };
  const where = `The connection '${ends.sourceId}.${ends.sourceEvent}' → '${ends.targetId}.${ends.targetSlot}'`;
  return { ...ends, mapping: { renames: undefined, function: registered(where, 'mapping', mapping) } };
};

const registered = (where: string, path: string, work: Parameters<typeof nameOf>[0]): string => {
  const name = nameOf(work);
  if (name !== undefined) return name;
  throw flowError('NOT_SERIALISABLE', {
    where,
    path,
    got: 'a function',
    expected: 'one with a name from registry.registerFunction',
  });
};

// ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * The parts of the flow that JSON, or its text, holds. Every routine is new.
 *
 * @throws WireError `BAD_JSON`, `UNKNOWN_VERSION`, `NOT_CONSTRUCTIBLE`
 */
export const readFlow = <R extends Described>(json: unknown, registry: Registry<R>, options?: DecodeOptions): FlowParts<R> => {
  const document = decodeJson(flowFormat, json, options);
  const { routines, connections, errorHandler, ...settings } = document;
  const missing = unregistered(document, registry);
  if (missing.length > 0) refuse(flowFormat, missing);
  const handlerFrom = (handler: Handler | undefined): ErrorHandler | undefined => handler && toErrorHandler(handler, registry);
  return {
    settings: { ...settings, ...limitFrom(settings), errorHandler: handlerFrom(errorHandler) },
    routines: toInstances(routines, registry, handlerFrom),
    connections: connections.map(({ mapping, ...ends }) => ({
      ...ends,
      mapping:
        mapping?.renames ??
        (mapping?.function === undefined ? undefined : (registry.function(mapping.function) as ParamMapping | undefined)),
    })),
  };
};

/** Every type and every function that the JSON names and the registry lacks. */
const unregistered = ({ routines, connections, errorHandler }: FlowDocument, registry: Registry): readonly Mismatch[] => {
  const lost = (path: string, names: readonly (string | undefined)[]): readonly Mismatch[] =>
    names.flatMap((value) =>
      value === undefined || registry.function(value) !== undefined
        ? []
        : [{ path, expected: 'a function that is registered', value }],
    );
  const lostBy = (path: string, handler: Handler | undefined): readonly Mismatch[] =>
    lost(`${path}.retryOn`, [...(handler?.retryOn?.classes ?? []), handler?.retryOn?.question]);
  return [
    ...routines.flatMap(({ type }, at) =>
      registry.factory(type) === undefined
        ? [{ path: `routines.${at}.type`, expected: `a type that is registered (${registry.types.join(', ')})`, value: type }]
        : [],
    ),
    ...lostBy('errorHandler', errorHandler),
    ...routines.flatMap((routine, at) => lostBy(`routines.${at}.errorHandler`, routine.errorHandler)),
    ...connections.flatMap(({ mapping }, at) => lost(`connections.${at}.mapping`, [mapping?.function])),
  ];
};

const toErrorHandler = ({ retryOn, ...options }: Handler, registry: Registry): ErrorHandler => {
  const known = (name: string): never => registry.function(name) as never;
  if (retryOn === undefined) return new ErrorHandler(options);
  return new ErrorHandler({
    ...options,
    retryOn: retryOn.question === undefined ? (retryOn.classes ?? []).map(known) : known(retryOn.question),
  });
};

type Definition = FlowDocument['routines'][number];

const toInstances = <R extends Described>(
  definitions: readonly Definition[],
  registry: Registry<R>,
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
  registry: Registry<R>,
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
  if (!isRoutine(routine)) return fail('it gave something else');
  if (given.has(routine)) fail('it gave one that it had given before');
  for (const slot of slots) if (routine.slot(slot) === undefined) fail(`it has no slot '${slot}'`);
  for (const event of events) if (routine.event(event) === undefined) fail(`it has no event '${event}'`);
  return routine;
};

// ── asking first ──────────────────────────────────────────────────────────────────────────────────────────────────

/** What would keep a flow from being written, or from being read with this registry. */
export const wireFindings = (parts: FlowParts, registry: Registry): readonly Finding[] => {
  try {
    const json = writeFlow(parts);
    const types = json.routines.flatMap((_, at) =>
      attempt(() => readFlow({ ...json, routines: [json.routines[at]], connections: [] }, registry)),
    );
    return [...types, ...(types.length > 0 ? [] : attempt(() => readFlow(json, registry)))];
  } catch (error) {
    return [toFinding(error)];
  }
};

const attempt = (work: () => unknown): readonly Finding[] => {
  try {
    work();
    return [];
  } catch (error) {
    return [toFinding(error)];
  }
};

const toFinding = (error: unknown): Finding => ({
  severity: 'error',
  code: error instanceof RoutiluxError ? error.code : 'NOT_CONSTRUCTIBLE',
  message: describeError(error).message,
});
