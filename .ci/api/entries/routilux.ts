/**
 * The core: flows, routines, jobs. It runs in Node, in browsers and in workers.
 *
 * @packageDocumentation
 */
export * from '../../../lib/index.js';
// In place of the names that are closed over the routine that users know: the classes, with their members.
export { Event } from '../../../lib/flow/Event.js';
export { Slot } from '../../../lib/flow/Slot.js';
export { JobState } from '../../../lib/JobState.js';
export { Registry } from '../../../lib/wire/Registry.js';
