/**
 * Whether a function of the platform, or its `performance`, is one of fake timers: those of sinon, and so of jest and vitest, have their
 * clock with them, and node:test binds its own. The legacy ones of jest pass `setImmediate` on to the real one.
 */
export const isFaked = (part: object): boolean =>
  'clock' in part || (part as { name?: string }).name?.startsWith('bound ') === true;
