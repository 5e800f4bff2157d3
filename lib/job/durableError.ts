import { errorsOf } from '../prelude/errorsOf.js';
import { JobError } from './JobError.js';

/** The ways in which durable jobs alone can go wrong; the others are in the catalogue of `JobError`, which every page ships. */
const sentences = {
  LATE_EMIT: (d: { jobId: string; routineId: string; call: string }) =>
    `${d.call} of routine '${d.routineId}' came after its handler had ended; a durable job would lose it with its process: keep the handler open with ctx.track(promise), or put it off with delayMs.`,
  POISONED: (d: { jobId: string; taskId: string; deliveries: number }) =>
    `Task '${d.taskId}' was begun ${d.deliveries} times, and its process died each time before it had ended; see what it does there, or raise maxDeliveries.`,
  PAYLOAD_TOO_LARGE: (d: { where: string; bytes: number; limit: number }) =>
    `${d.where} is ${d.bytes} bytes long as it is stored, and may be ${d.limit}; keep it elsewhere and hand on where that is, or raise maxPayloadBytes.`,
} satisfies Record<string, (details: never) => string>;

export const durableError = errorsOf(sentences, (code, message, parts) => new JobError(code, message, parts));
