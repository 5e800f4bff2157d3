import { errorsOf } from '../prelude/errorsOf.js';
import { RoutiluxError } from '../prelude/RoutiluxError.js';
import { list } from '../flow/FlowError.js';

/** Every way in which a runtime is used wrongly, with the sentence that names the remedy. */
const sentences = {
  CLOSED: (d: { call: string }) => `${d.call} came to a runtime that is closed; open another one on its store.`,
  JOB_CONFLICT: (d: { jobId: string }) =>
    `Job '${d.jobId}' was started with another flow, entry or parameters; give this one an id of its own.`,
  UNKNOWN_JOB: (d: { jobId: string }) =>
    `The store holds no job '${d.jobId}': it was never started, or its time to be kept is over.`,
  UNKNOWN_FLOW: (d: { flowId: string; known: readonly string[] }) =>
    `This runtime has no flow '${d.flowId}'; it has ${list(d.known, 'flows')}. Give it to Runtime.open among its flows.`,
  DUPLICATE_FLOW: (d: { flowId: string }) => `Two of the flows have the id '${d.flowId}'; give each an id of its own.`,
  NOT_DURABLE: (d: { flowId: string; reason: string }) => `Flow '${d.flowId}' cannot have durable jobs: ${d.reason}.`,
  NOT_ENDED: (d: { jobId: string; status: string }) =>
    `Job '${d.jobId}' is ${d.status}, and only one that has ended can be deleted; cancel it first.`,
  UNKNOWN_TOKEN: (d: { token: string }) => `No job waits for an answer under the token '${d.token}'.`,
  ALREADY_ANSWERED: (d: { token: string; jobId: string }) =>
    `The question '${d.token}' of job '${d.jobId}' has been answered; a question is answered once.`,
  ANSWER_MISMATCH: (d: { reason: string }) => d.reason,
} satisfies Record<string, (details: never) => string>;

/** The codes of a RuntimeError; the guide on failing says what each means. */
export type RuntimeErrorCode = keyof typeof sentences;

/**
 * A runtime was asked for something that it cannot do.
 *
 * @example
 * const job = await runtime.start('orders', 'take', order, { jobId: order.id }).catch((error: unknown) => {
 *   if (error instanceof RuntimeError && error.code === 'JOB_CONFLICT') return undefined; // another order with this id
 *   throw error;
 * });
 */
export class RuntimeError extends RoutiluxError {
  override readonly name = 'RuntimeError';
  declare readonly code: RuntimeErrorCode;
}

export const runtimeError = errorsOf(sentences, (code, message, parts) => new RuntimeError(code, message, parts));
