import { type Admitting, DurableAdmission, DurableEngine, type StoringKeeper } from '../engine/durable/DurableEngine.js';
import type { DurableRun } from '../engine/durable/DurableRun.js';
import { checkSize } from '../engine/durable/checkSize.js';
import { placeOf, startRun, takeUpRun } from '../engine/durable/runs.js';
import type { Entry } from '../flow/Entry.js';
import type { ExecuteOptions, ResumeOptions } from '../flow/ExecuteOptions.js';
import type { FlowSettings } from '../flow/FlowOptions.js';
import { checkSerialisable } from '../flow/FlowError.js';
import type { JobData } from '../job/JobData.js';
import { describePlace } from '../plan/eventNamed.js';
import type { Plan } from '../plan/Plan.js';
import { hasStructure } from '../plan/structure.js';
import type { Mutable } from '../prelude/Mutable.js';
import { readValue } from '../prelude/readValue.js';
import { isUuid } from '../prelude/uuid.js';
import { type Flow, type FlowParts, partsOf } from '../Flow.js';
import { JobState } from '../JobState.js';
import { runtimeError } from './RuntimeError.js';

/**
 * A task that runs again gets what is stored: what the handlers of one emission share, or its emitter still holds, would be another input
 * under the same id.
 */
const durable = (settings: FlowSettings, maxBytes: number): FlowSettings => ({
  ...settings,
  emitMode: 'commit',
  isolation: settings.isolation === 'shallow' ? 'clone' : settings.isolation,
  keep: (json, where) => {
    checkSize(json, where, maxBytes);
  },
});

/** What is emitted is kept apart as it would be stored, and read back. */
const keptApart = (plan: Plan): Plan => {
  (plan as Mutable<Plan>).isolate = (value, place) =>
    readValue(checkSerialisable(value, () => describePlace(place))) as typeof value;
  return plan;
};

/** A flow as durable jobs run on it: with workers of its own, and with the handlers that it has now. */
export class DurableFlow implements Admitting {
  readonly #parts: FlowParts;
  readonly #engine: DurableEngine;
  readonly #admission: DurableAdmission;
  /** The plan of the flow that the plan here was compiled of. */
  #compiled: Plan | undefined = undefined;
  #plan: Plan | undefined = undefined;

  constructor(
    flow: Flow,
    keeper: StoringKeeper,
    private readonly maxBytes: number,
  ) {
    this.#parts = partsOf(flow);
    if (isUuid(this.flowId))
      throw runtimeError('NOT_DURABLE', {
        flowId: this.flowId,
        reason: 'nobody has given it a flowId, so no other process would find it',
      });
    this.#engine = new DurableEngine(this.settings, keeper);
    this.#parts.engines.add(this.#engine);
    this.#admission = new DurableAdmission(this, this.#engine, this.#parts.handlesOf);
  }

  /** Those of its flow, as they are for durable jobs. */
  get settings(): FlowSettings {
    return durable(this.#parts.template.settings, this.maxBytes);
  }

  get flowId(): string {
    return this.#parts.template.settings.flowId;
  }

  get plan(): Plan {
    const { template } = this.#parts;
    const { plan, routines, connections } = template;
    if (plan === this.#compiled && this.#plan !== undefined) return this.#plan;
    this.#compiled = plan;
    const { settings } = this;
    this.#engine.configure(settings);
    return (this.#plan = keptApart(this.#engine.compile(settings, { routines, connections })));
  }

  /** Where a run begins: the routine, and the slot unless it is `trigger`. */
  placeOf(entry: Entry<never>): readonly string[] {
    return placeOf(this.plan, entry);
  }

  /** Whether it has the structure of a job that was stored. */
  has(structure: string): boolean {
    return hasStructure(this.plan, structure);
  }

  /** @throws RuntimeError `NOT_DURABLE`; and as `flow.start` */
  start(entry: Entry<never>, params: object, options: ExecuteOptions): DurableRun {
    this.#checkStreams();
    return startRun(this.#admission, entry, params, options);
  }

  /** The same, to be stored and not to be run: it is taken up from there. */
  putOff(entry: Entry<never>, params: object, options: ExecuteOptions): DurableRun {
    return this.#admission.putOff(() => this.start(entry, params, options));
  }

  #checkStreams(): void {
    const { plan, flowId } = this;
    const keeper = [...plan.routines.values()].find(({ keepsStreams }) => keepsStreams);
    if (keeper !== undefined)
      throw runtimeError('NOT_DURABLE', { flowId, reason: `routine '${keeper.id}' keeps a stream, which dies with its process` });
  }

  /** Goes on with a job that was stored. @throws as `flow.resume` */
  takeUp(data: JobData, deliveries: ReadonlyMap<string, number>, options: ResumeOptions): DurableRun {
    return takeUpRun(this.#admission, new JobState(data), data, deliveries, options);
  }

  close(): void {
    this.#admission.close();
    this.#parts.engines.delete(this.#engine);
  }
}
