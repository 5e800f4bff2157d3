import type { Notification, TimeInterval } from 'rxjs';
import type { Data } from '../flow/Data.js';
import { isPlainObject } from '../prelude/plainObject.js';

type Wrapped =
  | readonly unknown[]
  | ((...args: never[]) => unknown)
  | string
  | number
  | bigint
  | boolean
  | symbol
  | null
  | undefined
  | Date
  | Error
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  // Observables, and what some operators of RxJS make: instances of classes.
  | { subscribe(...args: never[]): unknown }
  | TimeInterval<unknown>
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- `materialize` still makes it
  | Notification<unknown>;

/** What a value of a stream is as a payload: a plain object is one itself, anything else stands under `value`. */
export type PayloadOf<T> = T extends Wrapped ? { readonly value: T } : T extends object ? T : { readonly value: T };

/** A value of a stream as a payload. */
export const payloadOf = (value: unknown): Data => (isPlainObject(value) ? value : { value });
