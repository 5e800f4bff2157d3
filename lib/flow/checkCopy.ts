import { twoCopies } from './FlowError.js';

/** Gives a value back, unless it is of another copy of this package. @throws FlowError `TWO_COPIES` */
export const checkCopy = <T>(value: T): T => {
  const error = twoCopies(value);
  if (error !== undefined) throw error;
  return value;
};
