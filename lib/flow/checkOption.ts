import { flowError } from './FlowError.js';

/** Gives the value of an option back, if it is fine. @throws FlowError `BAD_OPTION` */
export const checkOption = <T>(option: string, value: T, isFine: boolean, expected: string): T => {
  if (isFine) return value;
  throw flowError('BAD_OPTION', { option, value, expected });
};
