import { checkKnown, checkOption } from './checkOption.js';
import type { Connection, Renamed } from './Connection.js';
import type { Data } from './Data.js';
import { connectionFrom } from './ends.js';
import type { ErrorHandler } from './ErrorHandler.js';
import type { AnyEvent, Event } from './Event.js';
import { checkErrorHandler, type ExecutionStrategy, type FlowOptions, withStrategy } from './FlowOptions.js';
import { checkRoutine, type Home } from './Home.js';
import type { ParamMapping, Renames } from './mapping.js';
import type { DescribedRoutine } from './DescribedRoutine.js';
import type { Slot } from './Slot.js';
import type { Template } from './Template.js';
import { COPY, type Copy, OWN } from '../prelude/Copy.js';

/** A flow as it is described: what users say of its routines, connections and settings. `P` is the kind of its routines. */
export abstract class FlowDescription<P extends DescribedRoutine = DescribedRoutine> implements Home {
  /** @internal */
  get [COPY](): Copy {
    return OWN;
  }

  readonly #template: Template<P, unknown>;

  constructor(template: Template<P, unknown>) {
    this.#template = template;
  }

  /** Its name: in its JSON, in every job, in errors. A uuid if the options gave none. */
  get flowId(): string {
    return this.#template.settings.flowId;
  }

  /** Its routines by their ids in this flow, in the order in which they were added; a live view. */
  get routines(): ReadonlyMap<string, P> {
    return this.#template.routines;
  }

  /** Its connections, in the order in which they were made. */
  get connections(): readonly Connection[] {
    return this.#template.connections;
  }

  /** Whether later runs have one worker or several. */
  get executionStrategy(): ExecutionStrategy {
    return this.#template.settings.executionStrategy;
  }

  /** Tasks at work at once over all its jobs, from 1; 1 if it is sequential. */
  get maxWorkers(): number {
    return this.#template.settings.maxWorkers;
  }

  /** How long a job of it may run, in ms, pauses not counted; `Infinity` for no limit. */
  get executionTimeoutMs(): number {
    return this.#template.settings.executionTimeoutMs;
  }

  /** What is done when a task of a routine without an error handler of its own fails; undefined is STOP. */
  get errorHandler(): ErrorHandler | undefined {
    return this.#template.settings.errorHandler;
  }

  /**
   * Adds a routine under an id of its own in this flow. A routine may be in several flows, but only once in each.
   *
   * @returns the id
   * @throws FlowError `DUPLICATE_ROUTINE`, `ROUTINE_TWICE`, `BAD_NAME`
   */
  addRoutine(routine: P, routineId?: string): string {
    checkRoutine(routine);
    return this.#template.add(routine, routineId ?? routine.id, this);
  }

  /**
   * Links an event to a slot: by ids and names, or by the event and the slot themselves, which the compiler checks.
   * Events go to their slots in the order of these calls. The same link twice is one link.
   *
   * @example
   * flow.connect('reader', 'line', 'parser', 'input', { text: 'line' }); // renames `text` to `line`
   * flow.connect('reader.line', 'parser.input'); // the same ends, written short
   * flow.connect(reader.line, parser.input, ({ text }) => ({ line: text.trim() }));
   *
   * @throws FlowError `UNKNOWN_ROUTINE`, `UNKNOWN_EVENT`, `UNKNOWN_SLOT`, `BAD_OPTION`
   */
  connect(sourceId: string, sourceEvent: string, targetId: string, targetSlot: string, paramMapping?: ParamMapping): Connection;
  connect(source: string, target: string, paramMapping?: ParamMapping): Connection;
  connect(source: AnyEvent, target: Slot): Connection;
  connect<A extends B, B extends object>(source: Event<A>, target: Slot<B>): Connection;
  connect<A extends object, B extends object>(source: Event<A>, target: Slot<B>, paramMapping: (data: A) => B): Connection;
  connect<A extends object, B extends object, const M extends Partial<Record<keyof A, string>> & Renames>(
    source: Event<A>,
    target: Slot<B>,
    paramMapping: M & (Renamed<A, M> extends B ? unknown : never),
  ): Connection;
  connect(...ends: readonly unknown[]): Connection {
    const { graph } = this.#template;
    const connection = graph.connect(connectionFrom(ends, graph));
    this.changed();
    return connection;
  }

  /** Takes a link away, for later runs; one that is not there is no error. @throws FlowError `BAD_OPTION` for what is no connection */
  disconnect(connection: Connection): void {
    const isOne = typeof (connection as Partial<Connection> | null)?.sourceId === 'string';
    checkOption('connection', connection, isOne, 'one of flow.connections');
    this.#template.graph.disconnect(connection);
    this.changed();
  }

  /** For later runs: what to do when a task of a routine without an error handler of its own fails. */
  setErrorHandler(handler: ErrorHandler): this {
    this.#template.configure({ ...this.#template.settings, errorHandler: checkErrorHandler(handler) });
    return this;
  }

  /**
   * For later runs: how many tasks at once. Concurrent without a number keeps the present one, or takes 5.
   *
   * @throws FlowError `BAD_STRATEGY`, `BAD_OPTION`
   */
  setExecutionStrategy(strategy: ExecutionStrategy, options: Pick<FlowOptions, 'maxWorkers'> = {}): this {
    const { maxWorkers } = checkKnown(options, { maxWorkers: true });
    this.#template.configure(withStrategy(strategy, maxWorkers, this.#template.settings));
    return this;
  }

  /** For every routine the routines that feed it. */
  dependencyGraph(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#template.graph.dependencies();
  }

  // ── what its routines ask ───────────────────────────────────────────────────────────────────────────────────────

  /**
   * Its routines call it when a slot, an event or a handler of theirs has changed.
   *
   * @hidden
   */
  changed(): void {
    this.#template.changed();
  }

  /**
   * Whether `routine.emit` finds its job also after an `await`.
   *
   * @hidden
   */
  abstract get carriesContext(): boolean;

  /**
   * The id of a routine in this flow.
   *
   * @hidden
   */
  idOf(routine: DescribedRoutine): string {
    return this.#template.graph.idOf(routine);
  }

  /**
   * The ids of the live jobs that use a routine.
   *
   * @hidden
   */
  abstract jobsUsing(routine: P): readonly string[];

  /**
   * Hands a payload to the targets of an event at once, outside any job.
   *
   * @hidden
   */
  abstract deliver(routine: P, event: string, data: Data): void;
}
