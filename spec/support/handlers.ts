import { ErrorHandler, type ErrorHandlerOptions } from '../../lib/index.js';

/** An error handler for a table of strategies: the options of retries count for `retry` alone. */
export const handlerOf = ({ strategy = 'stop', critical, fallback, ...ofRetry }: ErrorHandlerOptions): ErrorHandler =>
  new ErrorHandler({
    strategy,
    fallback,
    ...(critical === undefined ? {} : { critical }),
    ...(strategy === 'retry' ? ofRetry : {}),
  });
