import type { Connection } from './Connection.js';
import { type FlowSettings, settingsFrom } from './FlowOptions.js';
import { Graph } from './Graph.js';
import { type Home, addHome } from './Home.js';
import type { DescribedRoutine } from './DescribedRoutine.js';

/** What runs the jobs of a flow: it compiles what the flow is made of, and follows the settings. */
export interface Compiler<P extends DescribedRoutine, C> {
  compile(template: Template<P, C>): C;
  configure(settings: FlowSettings): void;
}

/** What was written down of a flow. */
interface Parts<P> {
  readonly settings: Partial<FlowSettings> & { readonly flowId: string };
  readonly routines: Iterable<readonly [routineId: string, routine: P]>;
  readonly connections: readonly Connection[];
}

/**
 * What a flow is made of: settings, routines and connections. They are compiled when somebody asks for the plan, and again after
 * a change. `P` is the kind of its routines, `C` of its plan.
 */
export class Template<P extends DescribedRoutine, C> {
  #settings: FlowSettings;
  #graph: Graph<P>;
  #plan: C | undefined;
  readonly #compiler: Compiler<P, C>;

  constructor(settings: FlowSettings, compiler: Compiler<P, C>) {
    this.#compiler = compiler;
    this.#settings = settings;
    this.#graph = new Graph(settings.flowId);
  }

  get settings(): FlowSettings {
    return this.#settings;
  }

  get graph(): Graph<P> {
    return this.#graph;
  }

  get routines(): ReadonlyMap<string, P> {
    return this.#graph.routines;
  }

  get connections(): readonly Connection[] {
    return this.#graph.connections;
  }

  get plan(): C {
    return (this.#plan ??= this.#compiler.compile(this));
  }

  /** The next plan is another one. */
  changed(): void {
    this.#plan = undefined;
  }

  configure(settings: FlowSettings): void {
    this.#settings = settings;
    this.#compiler.configure(settings);
    this.changed();
  }

  /** @throws FlowError `DUPLICATE_ROUTINE`, `ROUTINE_TWICE`, `BAD_NAME` */
  add(routine: P, routineId: string, home: Home): string {
    this.#graph.add(routine, routineId);
    addHome(home, routine);
    this.changed();
    return routineId;
  }

  /** Takes over what was written down. It is empty until then; what is not written down stays as it is. */
  fill({ settings, routines, connections }: Parts<P>, home: Home): void {
    this.#graph = new Graph(settings.flowId);
    this.configure(settingsFrom({ ...this.#settings, ...settings }));
    for (const [routineId, routine] of routines) this.add(routine, routineId, home);
    for (const connection of connections) this.#graph.connect(connection);
  }
}
