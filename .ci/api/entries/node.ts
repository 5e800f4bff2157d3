/**
 * Files and processes, for Node.
 *
 * @packageDocumentation
 */
export * from '../../../lib/node/index.js';
