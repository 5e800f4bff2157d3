import { currentAttempt } from './ambient.js';
import type { Context } from '../flow/Context.js';

/**
 * The context of the handler at work here; undefined outside a handler. On Node it is found after an `await` too;
 * elsewhere, and with `asyncContext: 'off'`, only before the first one.
 *
 * @example
 * const log = (message: string): void => currentContext()?.shared.log({ message }); // may be called from any handler
 */
export const currentContext = (): Context | undefined => currentAttempt() as Context | undefined;
