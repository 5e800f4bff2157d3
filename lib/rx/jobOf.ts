import type { HandlerContext } from '../engine/HandlerContext.js';
import type { JobParts, Run } from '../engine/JobParts.js';

/** The job of a handler's context: the engine makes no other. */
export const jobOf = (ctx: HandlerContext): JobParts => (ctx.run as Run).parts;
