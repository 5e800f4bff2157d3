/**
 * Flows and observables: a flow as an operator, an operator and a source as routines.
 *
 * @packageDocumentation
 */
export * from '../../../lib/rx/index.js';
