import { type Copying, refuseKey } from './Copying.js';
import { isDirect } from './plainObject.js';
import { unlistedKey } from './unlistedKey.js';

type Class = new (...given: unknown[]) => object;

/** What not every platform has: a page has no `Buffer`. */
const platform = globalThis as unknown as Readonly<Record<string, Class | undefined>>;

/** A copy of an instance of a class of the platform: bytes, an error, a URL, and whatever a structured clone gives back as it was. */
export const cloneOfClass = (value: object, copying: Copying): object => {
  if (ArrayBuffer.isView(value)) return cloneView(value, copying);
  if (isNativeError(value)) return copying.open(value, Object.setPrototypeOf(new Error(), classOf(value)) as object, fillError);
  const { DOMException, URL } = platform;
  if (isOf(DOMException, value)) {
    const { message, name } = value as Error;
    return copying.open(value, new DOMException(message, name), fillError);
  }
  return sameKeys(value, isOf(URL, value) ? new URL((value as { href: string }).href) : structured(value, copying), copying);
};

const classOf = (value: object): object => Object.getPrototypeOf(value) as object;

/** Whether it is of this class, and of no class below it. */
const isOf = <C extends Class>(kind: C | undefined, value: object): kind is C => kind?.prototype === classOf(value);

export const tagOf = (value: object): string => Object.prototype.toString.call(value);

const refuse = (value: object, copying: Copying): never => copying.refuse('plain data, or of a class that can be cloned', value);

/** An instance of a class of the user comes back as a plain object, or not at all. */
const structured = (value: object, copying: Copying): object => {
  if (!isDirect(value) || tagOf(value) === '[object Object]') return refuse(value, copying);
  try {
    const made = structuredClone(value);
    return tagOf(made) === tagOf(value) ? made : refuse(value, copying);
  } catch {
    return refuse(value, copying);
  }
};

/** Nothing is lost of what it keeps under keys of its own: of the `lastIndex` of a regular expression. */
const sameKeys = (value: object, made: object, copying: Copying): object => {
  const isLost = (key: PropertyKey): boolean => {
    const [one, other] = [Reflect.get(value, key), Reflect.get(made, key)] as [unknown, unknown];
    return !Object.hasOwn(made, key) || (typeof one !== 'object' && !Object.is(one, other));
  };
  refuseKey(copying, value, Reflect.ownKeys(value).find(isLost));
  return made;
};

// ── bytes ─────────────────────────────────────────────────────────────────────────────────────────────────────────

type View = ArrayBufferView & { readonly length?: number; readonly [Symbol.toStringTag]: string };

/** In more items than these it would take too long to look for a key. */
const MANY_ITEMS = 256;

/** Views of the same bytes view the same bytes afterwards; of the bytes of a `Buffer`, which stand in a pool, there are no others. */
const cloneView = (given: ArrayBufferView, copying: Copying): object => {
  const view = given as View;
  const { length = 0, byteOffset, byteLength, buffer } = view;
  refuseKey(copying, view, length > MANY_ITEMS ? Object.getOwnPropertySymbols(view)[0] : keyOf(view, length));
  const { Buffer, [view[Symbol.toStringTag]]: Kind } = platform;
  if (isOf(Buffer, view)) return (Buffer as unknown as { from(bytes: object): object }).from(view);
  if (Kind === undefined || !isSameClass(Kind, classOf(view)) || (buffer as { resizable?: boolean }).resizable === true)
    return refuse(view, copying);
  return new Kind(copying.of(buffer, 'buffer'), byteOffset, view.length ?? byteLength);
};

// Other keys than places come last.
const keyOf = (view: View, length: number): PropertyKey | undefined => {
  const keys = Object.keys(view);
  return keys[length] ?? unlistedKey(view, keys);
};

/** A class of another realm has the same name, and a prototype that is no instance of it. */
const isSameClass = (kind: Class, prototype: object): boolean =>
  kind.prototype === prototype || (Object.hasOwn(prototype, 'constructor') && prototype.constructor.name === kind.name);

// ── errors ────────────────────────────────────────────────────────────────────────────────────────────────────────

const NATIVE = /^((Eval|Range|Reference|Syntax|Type|URI|Aggregate)?Error)$/;

/** Classes of the user, below these, have no words of their own on their prototypes. */
const isNativeError = (value: object): boolean => {
  const kind = classOf(value);
  return tagOf(value) === '[object Error]' && Object.hasOwn(kind, 'message') && NATIVE.test(kind.constructor.name);
};

/** What platforms write in an error. */
const WORDS = ['stack', 'message', 'cause', 'errors'];

const fillError = (error: Error, made: Error, copying: Copying): void => {
  refuseKey(
    copying,
    error,
    unlistedKey(
      error,
      WORDS.filter((key) => Object.hasOwn(error, key)),
    ),
  );
  for (const key of WORDS) fillWord(error, made, copying, key);
};

const fillWord = (error: Error, made: Error, copying: Copying, key: string): void => {
  copying.key = key;
  const { enumerable } = Object.getOwnPropertyDescriptor(error, key) ?? {};
  if (enumerable === undefined) Reflect.deleteProperty(made, key);
  else {
    const value = copying.of(Reflect.get(error, key), key);
    Object.defineProperty(made, key, { value, enumerable, writable: true, configurable: true });
  }
};
