/**
 * Durable jobs: kept in a store, step by step; what a dead process has left goes on.
 *
 * @packageDocumentation
 */
export * from '../../../lib/runtime/index.js';
