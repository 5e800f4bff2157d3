import { flowError } from './FlowError.js';

/** Refuses (`BAD_NAME`) what cannot name a part of a flow. */
export const checkName = (what: string, value: unknown): string => {
  if (typeof value === 'string' && value !== '') return value;
  throw flowError('BAD_NAME', { what, value });
};
