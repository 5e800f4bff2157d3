import type { Data } from './Data.js';
import type { PayloadOf } from './Event.js';

/** What a routine declares for the compiler alone: nothing of it is there at run time. */
export interface RoutineTypes {
  /** Its own keys in a job, as `ctx.state()` gives and `ctx.setState()` takes them. */
  readonly state?: object;
  /** What it hands out with `ctx.output`: the data of each type, by its name. */
  readonly outputs?: object;
}

/** Outputs of which nothing is declared. */
export type AnyOutputs = Readonly<Record<string, object>>;

/** No name beside those that a routine may declare. */
export type NothingElse<T> = Readonly<Record<Exclude<keyof T, keyof RoutineTypes>, never>>;

/** The state that a routine declares; any keys if it declares none. */
export type StateOf<T extends RoutineTypes> = T extends { readonly state: infer S extends object } ? S : Data;

/** What may be set: if nothing is declared, whatever is an object, as an interface is. */
export type SettableState<S> = string extends keyof S ? object : S;

/** The outputs that a routine declares; any if it declares none. */
export type OutputsOf<T extends RoutineTypes> = T extends { readonly outputs: infer O extends object } ? O : AnyOutputs;

/** The data of an output as an argument: it may be left out if it may be empty. */
export type OutputData<D> = D extends object ? PayloadOf<D> : never;
