// The built package, through the door that `import 'routilux'` takes on Node; or another build of it, to compare with.
const { Flow, Routine } = await import(process.env.ROUTILUX_DIST ?? '../../dist/cjs/index.mjs');

/** A flow with the workers of a case. */
export const flowFor = ({ workers = 1 }, options) => new Flow({ maxWorkers: workers, ...options });

/** Adds a routine with one slot and, unless the handler emits nothing, one event, `output`. */
export const add = (flow, id, slot, handler) => {
  const routine = new Routine();
  routine.defineEvent('output');
  routine.defineSlot(slot, handler);
  flow.addRoutine(routine, id);
};

/** The end of a job must be a good one. */
export const checkEnd = ({ status, error }) => {
  if (status !== 'completed') throw new Error(`the job ended '${status}'`, { cause: error });
};

/** Runs a flow to its end. */
export const complete = async (flow, entry, params = {}) => checkEnd(await flow.execute(entry, params));
