import type * as t from 'io-ts';
import type { Mismatch } from '../flow/Codec.js';
import { OVERFLOWS } from '../flow/Limit.js';
import {
  countLimit,
  data,
  duration,
  ENOUGH,
  flag,
  fraction,
  limit,
  list,
  name,
  oneOf,
  optional,
  ordinal,
  ordinalLimit,
  renames,
  shape,
} from './codecs.js';
import { type Format, twice } from './decodeJson.js';
import { FLOW_STEPS } from './steps.js';

const HandlerDefinition = shape('an error handler', {
  strategy: oneOf('stop', 'continue', 'retry', 'skip'),
  maxRetries: countLimit,
  delayMs: limit,
  backoff: limit,
  maxDelayMs: limit,
  jitter: fraction,
  critical: flag,
  then: optional(oneOf('stop', 'continue', 'skip')),
  fallback: optional(name),
  /** The name of a function in the registry, which gives the delays. */
  delayBy: optional(name),
  /** Names of functions in the registry: of error classes, or of the one question. */
  retryOn: optional(shape('what is retried', { classes: optional(list(name)), question: optional(name) })),
});

const RoutineDefinition = shape('a routine', {
  id: name,
  type: name,
  config: data,
  /** What the class of the routine has to have; their handlers, merges and codecs come from there. */
  slots: list(name),
  events: list(name),
  errorHandler: optional(HandlerDefinition),
});

const ConnectionDefinition = shape('a connection', {
  sourceId: name,
  sourceEvent: name,
  targetId: name,
  targetSlot: name,
  /** Renames, or the name of a function in the registry. */
  mapping: optional(shape('a mapping', { renames: optional(renames), function: optional(name) })),
});

/**
 * The structure and the settings of a flow, written down; nothing of its runs, and no code. `kind` is `routilux/flow`; `routines` have id,
 * type, config and the names of slots and events; `connections` have their ends, and renames or the name of a function. This is the
 * io-ts codec; `Flow.fromJSON` reads older versions too.
 *
 * @example
 * const result = FlowDefinition.decode(JSON.parse(text)); // a Right, or a Left with what is wrong where
 */
export const FlowDefinition = shape('FlowDefinition', {
  kind: oneOf('routilux/flow'),
  version: ordinal,
  flowId: name,
  executionStrategy: oneOf('sequential', 'concurrent'),
  maxWorkers: ordinal,
  executionTimeoutMs: duration,
  unhandledErrors: oneOf('stop', 'record'),
  emitMode: oneOf('immediate', 'commit'),
  isolation: oneOf('shallow', 'freeze', 'clone'),
  history: countLimit,
  pausedLimit: countLimit,
  maxJobs: optional(ordinalLimit),
  maxPendingJobs: optional(countLimit),
  maxQueued: optional(ordinalLimit),
  overflow: optional(oneOf(...OVERFLOWS)),
  metrics: flag,
  errorHandler: optional(HandlerDefinition),
  routines: list(RoutineDefinition),
  connections: list(ConnectionDefinition),
});

/** The JSON of a flow, as `flow.toJSON()` gives it. */
export type FlowDefinition = t.OutputOf<typeof FlowDefinition>;

/** The same with its values read. */
export type FlowDocument = t.TypeOf<typeof FlowDefinition>;

const dangling = ({ routines, connections }: FlowDocument): readonly Mismatch[] => {
  const byId = new Map(routines.map(({ id, events, slots }) => [id, { events: new Set(events), slots: new Set(slots) }]));
  return connections.flatMap(({ sourceId, sourceEvent, targetId, targetSlot }, at) => {
    const [source, target] = [byId.get(sourceId), byId.get(targetId)];
    const unless = (fine: boolean | undefined, path: string, expected: string, value: string): readonly Mismatch[] =>
      fine === false ? [{ path: `connections.${at}.${path}`, expected, value }] : [];
    return [
      ...unless(source !== undefined, 'sourceId', 'the id of a routine of this flow', sourceId),
      ...unless(target !== undefined, 'targetId', 'the id of a routine of this flow', targetId),
      ...unless(source?.events.has(sourceEvent), 'sourceEvent', `an event of '${sourceId}'`, sourceEvent),
      ...unless(target?.slots.has(targetSlot), 'targetSlot', `a slot of '${targetId}'`, targetSlot),
    ];
  });
};

export const flowFormat: Format<FlowDocument> = {
  what: 'flow definition',
  kind: 'routilux/flow',
  steps: FLOW_STEPS,
  codec: FlowDefinition,
  faults: (flow) => [...twice('routines', flow.routines, ({ id }) => id), ...dangling(flow)].slice(0, ENOUGH),
};
