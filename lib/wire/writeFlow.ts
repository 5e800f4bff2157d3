import type { Connection } from '../flow/Connection.js';
import { DELAY_MS, type ErrorHandler } from '../flow/ErrorHandler.js';
import { flowError, inFlow, theFlow } from '../flow/FlowError.js';
import { toLimit } from '../flow/Limit.js';
import { pick } from '../prelude/pick.js';
import { encode } from './encode.js';
import type { FlowDefinition, FlowDocument } from './FlowDefinition.js';
import type { Described, FlowParts } from './FlowParts.js';
import { nameOf } from './functionNames.js';
import { FLOW_STEPS, newest } from './steps.js';

type Handler = NonNullable<FlowDocument['errorHandler']>;

/**
 * Writes a flow as JSON: its settings, routines and connections. A function is written by its name in a registry.
 *
 * @throws FlowError `NOT_SERIALISABLE` if a config is not plain data, or no registry knows a function
 */
export const writeFlow = ({ settings, routines, connections }: FlowParts): FlowDefinition => {
  const where = theFlow(settings);
  const document: FlowDocument = {
    kind: 'routilux/flow',
    version: newest(FLOW_STEPS),
    ...pick(settings, 'flowId', 'executionStrategy', 'maxWorkers', 'executionTimeoutMs', 'unhandledErrors', 'emitMode'),
    ...pick(settings, 'isolation', 'history', 'pausedLimit'),
    maxJobs: unlessInfinite(settings.maxJobs),
    maxPendingJobs: unlessInfinite(settings.maxPendingJobs),
    ...toLimit(settings),
    metrics: settings.metrics,
    errorHandler: settings.errorHandler && toHandler(`The error handler of ${inFlow(settings)}`, settings.errorHandler),
    routines: [...routines].map(([id, routine]) => toRoutine(id, routine)),
    connections: connections.map(toConnection),
  };
  return encode(where, document) as FlowDefinition;
};

const unlessInfinite = (limit: number): number | undefined => (limit === Infinity ? undefined : limit);

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

const toHandler = (where: string, handler: ErrorHandler): Handler => ({
  ...pick(handler, 'strategy', 'maxRetries'),
  ...toDelay(where, handler),
  ...pick(handler, 'backoff', 'maxDelayMs', 'jitter', 'fallback', 'critical'),
  then: handler.then === 'stop' ? undefined : handler.then,
  retryOn: toRetryOn(where, handler.retryOn),
});

// A reader of before takes the delay of a function for one by default.
const toDelay = (where: string, { delayMs }: ErrorHandler): Pick<Handler, 'delayMs' | 'delayBy'> =>
  typeof delayMs === 'number'
    ? { delayMs, delayBy: undefined }
    : { delayMs: DELAY_MS, delayBy: registered(where, 'delayMs', delayMs) };

const toRetryOn = (where: string, retryOn: ErrorHandler['retryOn']): Handler['retryOn'] => {
  if (retryOn === undefined) return undefined;
  if (typeof retryOn === 'function') return { classes: undefined, question: registered(where, 'retryOn', retryOn) };
  return { classes: retryOn.map((kind) => registered(where, 'retryOn', kind)), question: undefined };
};

const toConnection = ({ mapping, ...ends }: Connection): FlowDocument['connections'][number] => {
  if (mapping === undefined) return { ...ends, mapping };
  if (typeof mapping === 'object') return { ...ends, mapping: { renames: { ...mapping }, function: undefined } };
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
