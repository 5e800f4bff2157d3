import { type Codec, isCodec } from './Codec.js';
import { checkOption } from './checkOption.js';
import { flowError } from './FlowError.js';
import type { Merge } from './merge.js';

/* What a slot or an event is defined with, given back if it is fine. */

export const checkHandler = <H>(handler: H): H =>
  checkOption('handler', handler, handler === undefined || typeof handler === 'function', 'a function (data, ctx) => …');

export const checkMerge = <A>(merge: Merge<A> = 'override'): Merge<A> => {
  if (merge === 'override' || merge === 'append' || typeof merge === 'function') return merge;
  throw flowError('BAD_STRATEGY', { strategy: merge, known: ['override', 'append', 'a function (held, incoming) => merged'] });
};

export const checkCodec = <A extends object>(codec: Codec<A> | undefined): Codec<A> | undefined =>
  checkOption('codec', codec, codec === undefined || isCodec(codec), 'an io-ts codec or a Standard Schema');

export const checkPayload = (payload: unknown): void => {
  const isFine = isCodec(payload) || (Array.isArray(payload) && payload.every((name) => typeof name === 'string'));
  checkOption('payload', payload, isFine, 'a list of parameter names, or a codec');
};
