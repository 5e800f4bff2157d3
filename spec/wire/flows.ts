import {
  type Context,
  type Data,
  Flow,
  type ParamMapping,
  Registry,
  type RoutiluxError,
  Routine,
  WireError,
} from '../../lib/index.js';
import { ours, thrown } from '../support/thrown.js';

/** Every kind has the same names of slots and events, so that only ids tell routines apart. */
export class Node extends Routine {
  static override readonly type: string = 'Node';

  constructor() {
    super();
    this.defineEvent('o');
    this.defineEvent('p', ['n']);
    for (const slot of ['trigger', 'i']) this.defineSlot(slot, hop, { merge: 'append' });
  }
}

export class Other extends Node {
  static override readonly type = 'Other';
}

/** Called in JSON as its class is. */
export class Unnamed extends Node {
  static override readonly type = undefined as never;
}

const hop = (data: Data, ctx: Context): void => {
  const fuel = Number([data['fuel']].flat().at(-1));
  ctx.setState({ held: data });
  if (fuel > 0) ctx.emit('o', { fuel: fuel - 1, by: ctx.routineId });
};

export class Broken extends Error {}
export const isBroken = (error: unknown): boolean => error instanceof Broken;
export const trim = (data: Data): Data => data;
export const other = (data: Data): Data => ({ ...data });

export const registry = new Registry()
  .register('Node', () => new Node())
  .register('Other', () => new Other())
  .register('Unnamed', () => new Unnamed())
  .registerFunction('trim', trim)
  .registerFunction('isBroken', isBroken)
  .registerFunction('Broken', Broken);

/** All that a reader sees of a flow. */
export const seen = (flow: Flow): unknown => ({
  flowId: flow.flowId,
  executionStrategy: flow.executionStrategy,
  maxWorkers: flow.maxWorkers,
  executionTimeoutMs: flow.executionTimeoutMs,
  handler: flow.errorHandler && { ...flow.errorHandler },
  routines: [...flow.routines].map(([id, routine]) => [
    id,
    routine.constructor.name,
    routine.config,
    routine.errorHandler && { ...routine.errorHandler },
  ]),
  connections: flow.connections.map((connection) => ({ ...connection })),
});

export const trip = (flow: Flow, by: Registry = registry): Flow => Flow.fromJSON(JSON.stringify(flow.toJSON()), by);

export const flowOf = (ids: readonly string[], links: readonly [string, string, string, string, ParamMapping?][] = []): Flow => {
  const flow = new Flow({ flowId: 'f' });
  for (const id of ids) flow.addRoutine(new Node(), id);
  for (const link of links) flow.connect(...link);
  return flow;
};

export const small = (): Flow => flowOf(['a', 'b'], [['a', 'o', 'b', 'i']]);

type Mismatches = readonly { path: string; expected: string; value: unknown }[];

export const wireError = (call: () => unknown): RoutiluxError => {
  const error = ours(thrown(call));
  expect(error).toBeInstanceOf(WireError);
  return error;
};

export const mismatches = (call: () => unknown): Mismatches => {
  const { code, details } = wireError(call);
  expect(code).toBe('BAD_JSON');
  return details['mismatches'] as Mismatches;
};

const parts = (path: string): string[] => (path === '' ? [] : path.split('.'));

/** The JSON of `small()` with another value at a path; `undefined` takes the key away. */
export const patched = (path: string, value: unknown): Record<string, unknown> => {
  const json = JSON.parse(JSON.stringify(small())) as Record<string, unknown>;
  const keys = parts(path);
  const last = keys.pop() as string;
  const place = keys.reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, json);
  if (value === undefined) Reflect.deleteProperty(place, last);
  else place[last] = value;
  return json;
};
