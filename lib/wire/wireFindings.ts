import type { Finding } from '../flow/Finding.js';
import { describeError } from '../prelude/describeError.js';
import { RoutiluxError } from '../prelude/RoutiluxError.js';
import type { FlowParts } from './FlowParts.js';
import { readFlow } from './readFlow.js';
import type { Registry } from './Registry.js';
import { writeFlow } from './writeFlow.js';

/** Finds the reasons why a flow cannot be written, or cannot be read with this registry. Tries both, and changes nothing. */
export const wireFindings = (parts: FlowParts, registry: Registry): readonly Finding[] => {
  try {
    const json = writeFlow(parts);
    const types = json.routines.flatMap((_, at) =>
      attempt(() => readFlow({ ...json, routines: [json.routines[at]], connections: [] }, registry)),
    );
    return [...types, ...(types.length > 0 ? [] : attempt(() => readFlow(json, registry)))];
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
