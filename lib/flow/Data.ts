import { isPlainObject } from '../prelude/plainObject.js';
import { flowError } from './FlowError.js';

/** A payload: one plain object per emission. Its keys mean nothing to the engine, whatever they are called. */
export type Data = Readonly<Record<string, unknown>>;

/** The payload of an emission that gives none. */
export const NO_DATA: Data = Object.freeze({});

/** Refuses (`BAD_PAYLOAD`) what is not one plain object; `where` names the place in the message. */
export const checkData = (value: unknown, where: () => string): Data => {
  if (isPlainObject(value)) return value;
  throw flowError('BAD_PAYLOAD', { where: where(), value });
};
