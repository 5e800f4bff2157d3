import { isDate, isMap, isPlainObject, isSet } from '../prelude/plainObject.js';
import { describeError } from '../prelude/describeError.js';

/** Deeper than this, or longer, and what a value holds is lost: no source that a person reads is like that. */
const DEEPEST = 100;
const LONGEST = 100_000;

/** How far a value has been written. */
interface Place {
  readonly above: readonly object[];
  readonly budget: { left: number };
}

type Write = (part: unknown) => string;

/**
 * The source of an expression that gives a value like this one: what JSON has, and `undefined`, `bigint`, `NaN`, `-0`, dates,
 * maps, sets and errors. The rest (functions, symbols, circles, what a class adds) is lost, and a comment in its place says so.
 */
export const literal = (value: unknown): string => written(value, { above: [], budget: { left: LONGEST } });

const written = (value: unknown, { above, budget }: Place): string => {
  budget.left--;
  if (typeof value === 'function' || typeof value === 'symbol') return lost(`a ${typeof value}`);
  if (typeof value !== 'object' || value === null) return ofPrimitive(value);
  if (above.includes(value)) return lost('a circle');
  if (above.length >= DEEPEST || budget.left < 0) return lost('more than a test can hold');
  try {
    return ofObject(value, (part) => written(part, { above: [...above, value], budget }));
  } catch {
    return lost('what cannot be read');
  }
};

const lost = (what: string): string => `undefined /* lost: ${what} */`;

const ofPrimitive = (value: unknown): string => {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'bigint') return `${value}n`;
  return Object.is(value, -0) ? '-0' : String(value);
};

const ofObject = (value: object, write: Write): string => {
  if (Array.isArray(value)) return `[${Array.from(value, write).join(', ')}]`;
  if (isPlainObject(value)) return ofEntries(value, write);
  if (isDate(value)) return `new Date(${Date.prototype.getTime.call(value)})`;
  if (isMap(value)) return `new Map<unknown, unknown>([${Array.from(value, (entry) => write([...entry])).join(', ')}])`;
  if (isSet(value)) return `new Set<unknown>([${Array.from(value, write).join(', ')}])`;
  if (value instanceof Error) return ofError(value);
  return `${ofEntries(value as Record<string, unknown>, write)} /* lost: that it is of class ${className(value)} */`;
};

const ofEntries = (value: Readonly<Record<string, unknown>>, write: Write): string => {
  const entries = Object.keys(value).map((key) => `${keyOf(key)}: ${write(value[key])}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
};

const ERRORS = ['Error', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError'];

const ofError = (error: Error): string => {
  const { name, message } = describeError(error);
  if (ERRORS.includes(name)) return `new ${name}(${quote(message)})`;
  return `Object.assign(new Error(${quote(message)}), { name: ${quote(name)} }) /* lost: its class */`;
};

const className = ({ constructor }: object): string => constructor.name.replace(/[^\w$]/g, '') || 'no name';

const NAME = /^[A-Za-z_$][\w$]*$/;

/** A key of an object literal; written as a name, `__proto__` would be no key but its prototype. */
export const keyOf = (key: string): string => {
  if (key === '__proto__') return `['__proto__']`;
  return NAME.test(key) ? key : quote(key);
};

/** How to get at a key of an object. */
export const memberOf = (object: string, key: string): string =>
  NAME.test(key) ? `${object}.${key}` : `${object}[${quote(key)}]`;

/** A string literal that stands on one line, in a script element as well. */
export const quote = (text: string): string => {
  const inner = JSON.stringify(text)
    .slice(1, -1)
    .replace(/[<\u2028\u2029]/g, escaped);
  return text.includes("'") || text.includes('"') ? `"${inner}"` : `'${inner}'`;
};

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
