import type { Connection } from './Connection.js';
import { Connections } from './Connections.js';
import { flowError } from './FlowError.js';
import type { ParamMapping } from './mapping.js';
import { isPlainObject } from '../prelude/plainObject.js';
import { checkName } from './names.js';
import type { DescribedRoutine } from './DescribedRoutine.js';
import { eventAt, routineAt, type Places, refuseRoutine, slotAt } from './placeIn.js';

/** The structure of a flow: which routines it has, under which ids, and how they are linked. `P` is the kind of its routines. */
export class Graph<P extends DescribedRoutine = DescribedRoutine> {
  readonly routines = new Map<string, P>();
  readonly #idOf = new Map<DescribedRoutine, string>();
  readonly #connections = new Connections();

  constructor(private readonly flowId: string) {}

  get connections(): readonly Connection[] {
    return this.#connections.all;
  }

  /** @throws FlowError `DUPLICATE_ROUTINE`, `ROUTINE_TWICE`, `BAD_NAME` */
  add(routine: P, routineId: string): string {
    const { flowId } = this;
    checkName('routine', routineId);
    if (this.routines.has(routineId)) throw flowError('DUPLICATE_ROUTINE', { flowId, routineId });
    const knownAs = this.#idOf.get(routine);
    if (knownAs !== undefined) throw flowError('ROUTINE_TWICE', { flowId, routineId, knownAs });
    this.routines.set(routineId, routine);
    this.#idOf.set(routine, routineId);
    return routineId;
  }

  /** @throws FlowError `UNKNOWN_ROUTINE` */
  idOf(routine: DescribedRoutine): string {
    return this.#idOf.get(routine) ?? refuseRoutine(this.places, routine);
  }

  /** Its routines, to look places up in. */
  get places(): Places<P> {
    return { flowId: this.flowId, byId: this.routines };
  }

  /**
   * Links an event to a slot; a link that is there already is given back as it is.
   *
   * @throws FlowError `UNKNOWN_ROUTINE`, `UNKNOWN_EVENT`, `UNKNOWN_SLOT`, `BAD_OPTION` for a mapping that is none
   */
  connect(connection: Connection): Connection {
    this.#checkEnds(connection);
    checkMapping(connection.mapping);
    return this.#connections.add(connection);
  }

  /** Takes a link away; one that is not there is no error. */
  disconnect(connection: Connection): void {
    this.#connections.remove(connection);
  }

  /** For every routine those that feed it. */
  dependencies(): ReadonlyMap<string, ReadonlySet<string>> {
    const sources = new Map([...this.routines.keys()].map((id) => [id, new Set<string>()]));
    for (const { sourceId, targetId } of this.connections) sources.get(targetId)?.add(sourceId);
    return sources;
  }

  #checkEnds({ sourceId, sourceEvent, targetId, targetSlot }: Connection): void {
    const { places } = this;
    const [source, target] = [routineAt(places, sourceId), routineAt(places, targetId)];
    eventAt(source, { routineId: sourceId, name: sourceEvent });
    slotAt(target, { routineId: targetId, name: targetSlot });
  }
}

const isRenames = (mapping: object): boolean => Object.values(mapping).every((name) => typeof name === 'string');

const checkMapping = (mapping: ParamMapping | undefined): void => {
  if (mapping === undefined || typeof mapping === 'function') return;
  if (isPlainObject(mapping) && isRenames(mapping)) return;
  throw flowError('BAD_OPTION', {
    option: 'paramMapping',
    value: mapping,
    expected: 'renames such as { from: to }, or a function',
  });
};
