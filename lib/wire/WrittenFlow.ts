import { FlowDescription } from '../flow/FlowDescription.js';
import { flowError } from '../flow/FlowError.js';
import { type Finding, findingsOn } from '../flow/Finding.js';
import type { Template } from '../flow/Template.js';
import type { DecodeOptions } from './decodeJson.js';
import type { FlowDefinition } from './FlowDefinition.js';
import type { Described } from './FlowParts.js';
import type { Registry } from './Registry.js';
import { wireFindings } from './wireFindings.js';
import { writeFlow } from './writeFlow.js';
import { checkCopy } from '../flow/checkCopy.js';

/** A flow as it is described, and as it is written down. `P` is the kind of its routines. */
export abstract class WrittenFlow<P extends Described> extends FlowDescription<P> {
  readonly #template: Template<P, unknown>;

  constructor(template: Template<P, unknown>) {
    super(template);
    this.#template = template;
  }

  /** Its jobs that have not come to their end. */
  abstract get jobs(): readonly unknown[];

  /** What looks wrong in this flow, errors first, and what would keep it from JSON and back with this registry; empty if nothing does. */
  validate(registry?: Registry<P>): readonly Finding[] {
    const { graph } = this.#template;
    checkCopy(registry);
    return [...(registry === undefined ? [] : wireFindings(this.#template, registry)), ...findingsOn(graph)];
  }

  /**
   * The flow as JSON: its settings, routines with their config, and connections; nothing of its jobs, and no code.
   *
   * @throws FlowError `NOT_SERIALISABLE`: a config that is not plain data, or a function that no registry has a name for
   */
  toJSON(): FlowDefinition {
    return writeFlow(this.#template);
  }

  /** The same as `toJSON`. */
  serialize(): FlowDefinition {
    return this.toJSON();
  }

  /**
   * Fills this flow, which must be empty, from JSON or its text.
   *
   * @throws what `fromJSON` throws; FlowError `NOT_EMPTY`
   */
  deserialize(json: unknown, registry: Registry<P>, options?: DecodeOptions): this {
    if (this.routines.size > 0 || this.jobs.length > 0) throw flowError('NOT_EMPTY', { flowId: this.flowId });
    // By what it has, so that a page without a registry does not ship one.
    if (typeof checkCopy(registry)?.read !== 'function')
      throw flowError('BAD_OPTION', { option: 'registry', value: registry, expected: 'a Registry' });
    this.#template.fill(registry.read(json, options), this);
    return this;
  }
}
