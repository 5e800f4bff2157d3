import { checkSize } from '../engine/durable/checkSize.js';
import { checkKnown } from '../flow/checkOption.js';
import type { Entry } from '../flow/Entry.js';
import type { ExecuteOptions } from '../flow/ExecuteOptions.js';
import { uuid } from '../prelude/uuid.js';
import { checkSerialisable } from '../flow/FlowError.js';
import { instantOf } from '../flow/instantOf.js';
import type { DurableFlow } from './DurableFlow.js';
import { createdKeyOf, LiveJob } from './LiveJob.js';
import { checkDurableName } from './names.js';
import { runtimeError } from './RuntimeError.js';
import { START_OPTIONS, type StartOptions } from './RuntimeOptions.js';
import type { RuntimeParts } from './RuntimeParts.js';

/** A job that was asked for. */
export interface Started {
  readonly jobId: string;
  readonly flowId: string;
  /** Whether this call has made it. */
  readonly created: boolean;
}

/** What a job is started with, as it is compared and begun. */
interface Asked {
  readonly flow: DurableFlow;
  readonly entry: Entry<never>;
  readonly params: object;
  readonly jobId: string;
  readonly options: ExecuteOptions;
  readonly startsAt: number | undefined;
  /** Flow, entry and parameters as a text. */
  readonly text: string;
}

/** Starts jobs, each id once. */
export class Starting {
  constructor(private readonly parts: RuntimeParts) {}

  /** Rejects with RuntimeError `JOB_CONFLICT`, `UNKNOWN_FLOW`, `NOT_DURABLE`, and as `flow.execute`. */
  async start(flowId: string, entry: Entry<never>, params: object, given: StartOptions): Promise<Started> {
    const asked = this.#asked(flowId, entry, params, given);
    // Two starts of one id in one turn make one job.
    return this.parts.inTurn(asked.jobId, () => this.#startOnce(asked));
  }

  #asked(flowId: string, entry: Entry<never>, params: object, given: StartOptions): Asked {
    const { delayMs, at, jobId = uuid(), ...options } = checkKnown(given, START_OPTIONS);
    checkDurableName('job', jobId);
    const flow = this.parts.flowOf(flowId);
    const startsAt = delayMs === undefined && at === undefined ? undefined : instantOf({ delayMs, at }, Date.now());
    const text = this.#textOf(flow, entry, params);
    return {
      flow,
      entry,
      params,
      jobId,
      options: { ...options, jobId },
      startsAt: startsAt !== undefined && startsAt > Date.now() ? startsAt : undefined,
      text,
    };
  }

  #textOf(flow: DurableFlow, entry: Entry<never>, params: object): string {
    const where = (): string => `The parameters of flow '${flow.flowId}'`;
    const json = checkSerialisable(params, where);
    const text = JSON.stringify([flow.flowId, ...flow.placeOf(entry), json]);
    checkSize(json, where, this.parts.settings.maxPayloadBytes);
    return text;
  }

  async #startOnce(asked: Asked): Promise<Started> {
    const { jobId, flow, text } = asked;
    const head = await this.parts.jobs.headOf(jobId);
    if (head !== undefined && head.entry !== text) throw runtimeError('JOB_CONFLICT', { jobId });
    if (head !== undefined) return { jobId, flowId: head.flowId, created: false };
    this.parts.check('start');
    await (asked.startsAt === undefined ? this.#begin(asked) : this.#putOff(asked, asked.startsAt));
    this.parts.keeping.event$.next({ type: 'started', jobId });
    return { jobId, flowId: flow.flowId, created: true };
  }

  async #begin({ flow, entry, params, options, text }: Asked): Promise<void> {
    const run = flow.start(entry, params, options);
    const job = new LiveJob(run, { entry: text, createdKey: createdKeyOf(run) }, this.parts.settings.retainMs);
    this.parts.keeping.add(job);
    await job.stored;
  }

  /** It is stored now, and taken up from there when it begins. */
  async #putOff({ flow, entry, params, options, text }: Asked, startsAt: number): Promise<void> {
    const run = flow.putOff(entry, params, options);
    const job = new LiveJob(run, { entry: text, createdKey: createdKeyOf(run), startsAt }, this.parts.settings.retainMs);
    await this.parts.commits.commit([job.write(run.step())]);
    this.parts.due.add(startsAt);
  }
}
