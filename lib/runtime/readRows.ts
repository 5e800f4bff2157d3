import { isFinal, type JobStatus } from '../job/JobStatus.js';
import type { JobData } from '../job/JobData.js';
import { statusSet } from '../job/fold.js';
import { type Json, TAG } from '../prelude/jsonValue.js';
import { setOwn } from '../prelude/plainObject.js';
import type { Wait } from '../job/Wait.js';
import { omit } from '../prelude/pick.js';
import { readValue } from '../prelude/readValue.js';
import { readJob } from '../wire/readJob.js';
import type { Row } from '../wire/Store.js';
import type { Written } from './JobWriter.js';
import type { Counted } from './putWhole.js';
import type { ClaimRow } from './WrittenTasks.js';

/** The head of a job as it is kept: what it takes to tell of it, and to go on with it. */
export interface Head {
  readonly version: number;
  readonly jobId: string;
  readonly flowId: string;
  readonly status: JobStatus;
  readonly reason?: string;
  readonly error?: { readonly name: string; readonly code?: string; readonly message: string };
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly run?: { readonly structure: string; readonly begun: boolean; readonly order: number };
  /** For how many entries the history has room; none if it keeps all. */
  readonly room?: number;
  readonly historyBound: number | 'Infinity';
  readonly counts: Readonly<Record<Counted, number>>;
  readonly pending: number;
  readonly done: number;
  readonly waits: number;
  readonly entry: string;
  readonly createdKey: string;
  /** When it begins, if it was put off: epoch ms. */
  readonly startsAt?: number;
  /** Where it stands among those that are due some time. */
  readonly due?: string;
}

type Value = Readonly<Record<string, Json>>;
type Values = readonly Value[];

export const readHead = (text: string): Head => JSON.parse(text) as Head;

/** The rows of one job, by their kinds. */
class Rows {
  readonly #kinds = new Map<string, { readonly key: string; readonly value: Value }[]>();

  constructor(rows: readonly Row[]) {
    for (const { kind, key, value } of rows) {
      const ofKind = this.#kinds.get(kind) ?? [];
      ofKind.push({ key, value: JSON.parse(value) as Value });
      this.#kinds.set(kind, ofKind);
    }
  }

  keyed(kind: string): readonly { readonly key: string; readonly value: Value }[] {
    return this.#kinds.get(kind) ?? [];
  }

  of(kind: string): Values {
    return this.keyed(kind).map(({ value }) => value);
  }

  get head(): Head {
    return this.of('job')[0] as unknown as Head;
  }
}

/** A job as it was stored. */
export interface StoredJob {
  readonly head: Head;
  readonly data: JobData;
  /** What its writer goes on with. */
  readonly written: Written;
  /** How often its tasks were claimed without an end, by their ids. */
  readonly deliveries: ReadonlyMap<string, number>;
}

/**
 * Reads the rows of a job; `undefined` if there are none.
 *
 * @throws WireError `BAD_JSON`, `UNKNOWN_VERSION`
 */
export const readRows = (given: readonly Row[]): StoredJob | undefined => {
  if (given.length === 0) return undefined;
  const rows = new Rows(given);
  const { head } = rows;
  const claims = claimsIn(rows);
  const data = readJob(toDocument(rows, claims), { maxString: Infinity });
  const order = head.run?.order ?? 1;
  const written = {
    counts: head.counts,
    claims,
    later: laterIn(rows),
    places: placesIn(rows),
    order,
    tokens: new Set(rows.of('wait').map(({ token }) => token as string)),
  };
  return { head, data, written, deliveries: new Map([...claims].map(([taskId, { delivery }]) => [taskId, delivery])) };
};

/** The open questions of a job. */
export const readWaits = (rows: readonly Row[]): readonly Wait[] =>
  rows.map(({ value }) => {
    const { since, until, ...wait } = JSON.parse(value) as Value;
    const read = ['question', 'data', 'schema'].filter((key) => key in wait).map((key) => [key, readValue(wait[key])] as const);
    return {
      ...wait,
      ...Object.fromEntries(read),
      since: new Date(since as string),
      ...(until !== undefined && { until: new Date(until as string) }),
    } as unknown as Wait;
  });

/** The state of a job, for whoever looks at it: its status is that which it has, and not that with which it would go on. */
export const toShown = ({ head, data }: StoredJob): JobData => {
  statusSet(data, head.status, Date.parse(head.updatedAt));
  return data;
};

const claimsIn = (rows: Rows): ReadonlyMap<string, ClaimRow> =>
  new Map(rows.of('claim').map(({ taskId, ...claim }) => [taskId as string, claim as unknown as ClaimRow]));

const idOf = ({ taskId }: Value): string => taskId as string;

const laterIn = (rows: Rows): ReadonlySet<string> => new Set(rows.of('later').map(idOf));

const placesIn = (rows: Rows): ReadonlyMap<string, string> =>
  new Map(rows.keyed('task').flatMap(({ key, value }) => (key.includes('!') ? [[idOf(value), key] as const] : [])));

// ── the document ────────────────────────────────────────────────────────────────────────────────────────────────────

/** What a head has beside the document. */
const BESIDE = ['room', 'counts', 'pending', 'done', 'waits', 'entry', 'createdKey', 'startsAt', 'due'] as const;

const toDocument = (rows: Rows, claims: ReadonlyMap<string, ClaimRow>): object => {
  const head = omit(rows.head, ...BESIDE);
  const isOver = isFinal(head.status);
  const ways = new Ways();
  return {
    ...head,
    kind: 'routilux/job',
    status: isOver ? head.status : 'paused',
    routineStates: routinesIn(rows),
    history: historyIn(rows),
    sharedData: dataOf(rows.of('shared').map(({ key, data }) => [key as string, only(data)])),
    sharedLog: inOrder(rows.of('log')).map(({ data }) => data),
    outputLog: inOrder(rows.of('output')).map(({ n: _n, ...output }) => output),
    pausePoints: rows.of('pause'),
    deferredEvents: isOver ? [] : rows.of('deferred'),
    pendingTasks: isOver ? [] : [...rows.of('task'), ...rows.of('later')].map((task) => toTask(rows, task, claims, ways)),
    connections: ways.all,
    waits: isOver ? [] : rows.of('wait'),
    answered: rows.of('answered').map(({ token }) => token),
  };
};

const inOrder = (values: Values): Values => [...values].sort((a, b) => Number(a['n']) - Number(b['n']));

/** A value stands in a list of its own: a row has no key for what is `undefined`. */
const only = (data: Json | undefined): Json => (data as readonly Json[])[0] as Json;

/** The keys of an object that was written, whatever they are called. */
const plainOf = (json: Json): Value => (Object.hasOwn(json as Value, TAG) ? (json as Value)['value'] : json) as Value;

/** The user's keys, none of them magic. */
const dataOf = (entries: readonly (readonly [key: string, value: Json])[]): Json => {
  const data: Record<string, Json> = {};
  for (const [key, value] of entries) setOwn(data, key, value);
  return Object.hasOwn(data, TAG) ? { [TAG]: 'object', value: data } : data;
};

const byOrder = (a: Value, b: Value): number => Number(a['order']) - Number(b['order']);

/** A ring may hold emissions that the history has given up for what is kept. */
const historyIn = (rows: Rows): Values => {
  const all = [...rows.of('history')];
  const start = all.filter(({ order }) => order === 0);
  const kept = rows.of('kept');
  const emitted = all.filter(({ order }) => order !== 0).sort(byOrder);
  const { historyBound, room = 0 } = rows.head;
  const held = Number(historyBound) - room - start.length - kept.length;
  return [...start, ...emitted.slice(Math.max(emitted.length - held, 0)), ...kept].sort(byOrder);
};

const routinesIn = (rows: Rows): Values =>
  [...rows.of('routine')]
    .sort((a, b) => Number(a['nth']) - Number(b['nth']))
    .map(({ nth: _, ...routine }) => {
      const isOf = ({ routineId }: Value): boolean => routineId === routine['routineId'];
      const own = rows.of('state').filter(isOf);
      return {
        ...routine,
        ...(own.length > 0 && { state: dataOf(own.map(({ key, data }) => [key as string, only(data)])) }),
        slots: slotsIn(rows, routine['routineId'] as string),
      };
    });

const slotsIn = (rows: Rows, routineId: string): Values => {
  const held = rows.of('held').filter((row) => row['routineId'] === routineId);
  const items = rows.of('item').filter((row) => row['routineId'] === routineId);
  const gathering = new Set(items.map(({ slot }) => slot as string));
  return [
    ...[...gathering].map((slot) => ({
      slot,
      data: listsIn(ofSlot(items, slot), ofSlot(held, slot)[0]?.['data']),
      consumed: true,
    })),
    ...held.flatMap(({ slot, data }) =>
      gathering.has(slot as string) ? [] : [{ slot: slot as string, data: data as Json, consumed: true }],
    ),
  ];
};

const ofSlot = (values: Values, slot: string): Values => values.filter((value) => value['slot'] === slot);

/** The lists of a slot that gathers: what it held when it was written whole, and the values that have come since. */
const listsIn = (items: Values, base: Json = {}, lengths?: Readonly<Record<string, number>>): Json => {
  const lists = new Map(
    Object.entries(plainOf(base)).map(([key, held]) => [key, Array.isArray(held) ? [...(held as Json[])] : [held]]),
  );
  for (const { key, at, data } of items) {
    const list = lists.get(key as string) ?? [];
    lists.set(key as string, list);
    list[Number(at)] = only(data);
  }
  if (lengths === undefined) return dataOf([...lists]);
  return dataOf(Object.entries(lengths).map(([key, length]) => [key, (lists.get(key) ?? []).slice(0, length)]));
};

const toTask = (
  rows: Rows,
  { connection, gathered: first, ...task }: Value,
  claims: ReadonlyMap<string, ClaimRow>,
  ways: Ways,
): Value => {
  const claim = claims.get(idOf(task));
  const gathered = (claim?.gathered ?? first) as Readonly<Record<string, number>> | undefined;
  const ofTask = (kind: string): Values =>
    rows.of(kind).filter(({ routineId, slot }) => routineId === task['routineId'] && slot === task['slot']);
  return {
    ...task,
    ...(claim?.data !== undefined && { data: claim.data as Json }),
    ...(gathered !== undefined && { data: listsIn(ofTask('item'), ofTask('held')[0]?.['data'], gathered) }),
    ...((claim?.taken === true || gathered !== undefined) && { merged: true }),
    ...(connection !== undefined && { connection: ways.at(connection as Value, task) }),
  };
};

/** The connections of the tasks, each once. */
class Ways {
  readonly #ways = new Map<string, { readonly at: number; readonly way: Value }>();

  get all(): Values {
    return [...this.#ways.values()].map(({ way }) => way);
  }

  at(way: Value, { routineId, slot }: Value): number {
    const full = { ...way, targetId: routineId as Json, targetSlot: slot as Json };
    const name = JSON.stringify(full);
    const known = this.#ways.get(name) ?? { at: this.#ways.size, way: full };
    this.#ways.set(name, known);
    return known.at;
  }
}
