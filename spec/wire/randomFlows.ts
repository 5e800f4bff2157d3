import fc from 'fast-check';
import { type Data, type ErrorHandlerOptions, Flow, type FlowOptions, type ParamMapping } from '../../lib/index.js';
import { handlerOf } from '../support/handlers.js';
import { Broken, isBroken, Node, Other, trim, Unnamed } from './flows.js';
import { NAMES, objectOf, values } from './values.js';

const KINDS = [Node, Other, Unnamed];

interface Plan {
  readonly options: FlowOptions;
  readonly routines: readonly { id: string; kind: number; config: Data; handler: ErrorHandlerOptions | undefined }[];
  readonly links: readonly { from: number; event: string; to: number; slot: string; mapping: ParamMapping | undefined }[];
  readonly handler: ErrorHandlerOptions | undefined;
}

const sometimes = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
const amount = fc.oneof(fc.constantFrom(0, 1, 2.5, Infinity), fc.double({ min: 0, noNaN: true }));
const whole = fc.oneof(fc.constantFrom(0, 1, Infinity), fc.nat());

const handlers: fc.Arbitrary<ErrorHandlerOptions> = fc.record({
  strategy: fc.constantFrom('stop', 'continue', 'retry', 'skip'),
  maxRetries: whole,
  delayMs: amount,
  backoff: amount,
  maxDelayMs: amount,
  jitter: fc.constantFrom(0, 0.25, 1),
  critical: fc.boolean(),
  retryOn: fc.constantFrom(undefined, isBroken, [], [Broken], [Error, TypeError, RangeError, Broken]),
});

export const settings: fc.Arbitrary<FlowOptions> = fc
  .record({
    flowId: fc.oneof(fc.constantFrom(...NAMES), fc.string({ minLength: 1 })),
    maxWorkers: fc.integer({ min: 1, max: 9 }),
    executionTimeoutMs: fc.constantFrom(1, 0.5, 300_000, Infinity),
    unhandledErrors: fc.constantFrom('stop', 'record'),
    emitMode: fc.constantFrom('immediate', 'commit'),
    isolation: fc.constantFrom('shallow', 'freeze', 'clone'),
    history: whole,
    pausedLimit: whole,
    metrics: fc.boolean(),
  })
  .map((all) => all as FlowOptions);

const mappings = fc.oneof(
  fc.constantFrom(undefined, trim),
  objectOf(fc.string()) as fc.Arbitrary<Readonly<Record<string, string>>>,
);

export const plans: fc.Arbitrary<Plan> = fc
  .uniqueArray(fc.oneof(fc.constantFrom(...NAMES, 'a', 'b', 'a.b', '0', '1'), fc.string({ minLength: 1 })), { maxLength: 6 })
  .chain((ids) => {
    const place = fc.nat(Math.max(ids.length - 1, 0));
    const routine = (id: string): fc.Arbitrary<Plan['routines'][number]> =>
      fc.record({
        id: fc.constant(id),
        kind: fc.nat(2),
        config: objectOf(fc.oneof(fc.constantFrom(...NAMES), fc.double(), values)) as fc.Arbitrary<Data>,
        handler: sometimes(handlers),
      });
    const link = fc.record({
      from: place,
      event: fc.constantFrom('o', 'p'),
      to: place,
      slot: fc.constantFrom('trigger', 'i'),
      mapping: mappings,
    });
    return fc.record({
      options: settings,
      routines: fc.tuple(...ids.map(routine)),
      links: ids.length === 0 ? fc.constant([]) : fc.array(link, { maxLength: 8 }),
      handler: sometimes(handlers),
    });
  });

export const build = ({ options, routines, links, handler }: Plan): Flow => {
  const flow = new Flow(options);
  if (handler !== undefined) flow.setErrorHandler(handlerOf(handler));
  for (const { id, kind, config, handler: own } of routines) {
    const routine = new (KINDS[kind] as typeof Node)().setConfig(config);
    if (own !== undefined) routine.setErrorHandler(handlerOf(own));
    flow.addRoutine(routine, id);
  }
  const idAt = (at: number): string => routines[at]?.id as string;
  for (const { from, event, to, slot, mapping } of links) flow.connect(idAt(from), event, idAt(to), slot, mapping);
  return flow;
};
