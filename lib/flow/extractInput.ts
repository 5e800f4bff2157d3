import { isPlainObject } from '../prelude/plainObject.js';

/**
 * The value that a payload carries, whatever shape it came in: a value that is no plain object is itself; `{ data: x }`
 * and a payload of one key give that key's value; several keys give the payload; nothing gives `{}`.
 *
 * @example
 * extractInput({ data: 'x' }); // 'x'
 * extractInput({ text: 'x' }); // 'x'
 * extractInput({ a: 1, b: 2 }); // { a: 1, b: 2 }
 */
export const extractInput = (data?: unknown): unknown => {
  if (data === undefined || data === null) return {};
  if (!isPlainObject(data)) return data;
  if (Object.hasOwn(data, 'data')) return data['data'];
  const values = Object.values(data);
  return values.length === 1 ? values[0] : { ...data };
};
