import type { Finding } from '../flow/Finding.js';
import { describeError } from '../prelude/describeError.js';
import { RoutiluxError } from '../prelude/RoutiluxError.js';
import type { FlowParts, FlowReader } from './FlowParts.js';
import { writeFlow } from './writeFlow.js';

/** Finds the reasons why a flow cannot be written, or cannot be read with this registry. Tries both, and changes nothing. */
export const wireFindings = (parts: FlowParts, registry: FlowReader): readonly Finding[] => {
  try {
    const json = writeFlow(parts);
    const types = json.routines.flatMap((_, at) =>
      attempt(() => registry.read({ ...json, routines: [json.routines[at]], connections: [] })),
    );
    return [...types, ...(types.length > 0 ? [] : attempt(() => registry.read(json)))];
  } catch (error) {
    return [toFinding(error)];
  }
};

const attempt = (work: () => unknown): readonly Finding[] => {
  try {
    work();
    return [];
  } catch (error) {
    return [toFinding(error)];
  }
};

const toFinding = (error: unknown): Finding => ({
  severity: 'error',
  code: error instanceof RoutiluxError ? error.code : 'NOT_CONSTRUCTIBLE',
  message: describeError(error).message,
});
