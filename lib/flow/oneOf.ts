import { flowError } from './FlowError.js';

/** An option that is one of a few words. @throws FlowError `BAD_OPTION` */
export const oneOf = <T>(option: string, value: T, known: readonly T[]): T => {
  if (known.includes(value)) return value;
  throw flowError('BAD_OPTION', { option, value, expected: `one of ${known.map((name) => `'${String(name)}'`).join(', ')}` });
};
