/**
 * Tests of whole flows in virtual time.
 *
 * @packageDocumentation
 */
export * from '../../../lib/testing/index.js';
