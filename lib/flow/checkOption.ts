import { nearest } from '../prelude/nearest.js';
import { isPlainObject } from '../prelude/plainObject.js';
import { flowError } from './FlowError.js';
import { checkCopy } from './checkCopy.js';

/** Gives the value of an option back, if it is fine. @throws FlowError `BAD_OPTION` */
export const checkOption = <T>(option: string, value: T, isFine: boolean, expected: string): T => {
  if (isFine) return value;
  throw flowError('BAD_OPTION', { option, value, expected });
};

/** The names of all options of a kind: the compiler sees to it that none is left out. */
export type Known<O> = Readonly<Record<keyof O, true>>;

/** An option that is a text, if it is given. @throws FlowError `BAD_OPTION` */
export const checkText = <T extends string | undefined>(option: string, value: T): T =>
  checkOption(option, value, value === undefined || typeof value === 'string', 'a string');

/** Refuses what is no object, and what has no options by its kind: a list, a signal, a job. @throws FlowError `BAD_OPTION` */
export const checkOptions = <O extends object>(options: O, name = 'options'): O =>
  checkOption(name, checkCopy(options), isBag(options), 'an object such as { name: value }');

const isBag = (options: unknown): boolean =>
  isPlainObject(options) ||
  (typeof options === 'object' && options !== null && !Array.isArray(options) && Object.keys(options).length > 0);

/** Gives options back, if each of them is known: a name that nobody knows would do nothing, in silence (D37). @throws FlowError `BAD_OPTION` */
export const checkKnown = <O extends object, K extends object = O>(options: O, known: Known<K>, name?: string): O => {
  checkOptions(options, name);
  for (const [option, value] of Object.entries(options))
    if (!Object.hasOwn(known, option) && value !== undefined) refuseUnknown(option, value, Object.keys(known));
  return options;
};

const refuseUnknown = (option: string, value: unknown, known: readonly string[]): never => {
  const meant = nearest(option, known);
  const instead = meant === undefined ? `one of ${known.map((name) => `'${name}'`).join(', ')}` : `'${meant}'`;
  throw flowError('BAD_OPTION', { option, value, expected: `${instead}: there is no option of this name` });
};
