/**
 * A store of durable jobs in memory.
 *
 * @packageDocumentation
 */
export * from '../../../lib/store/memory/index.js';
