// What the operations are made of.
import { Flow, Routine } from 'routilux';

/** The numbers from 0 to below n. */
export const upTo = (n) => Array.from({ length: n }, (_, at) => at);

/** One operation: `run(n, measure)` prepares what it needs, and has `measure` call what is measured. `covers` are names of the public surface. */
export const operation = (name, covers, run, options = {}) => ({ name, covers, run, ...options });

export const routineOf = (slots, events = ['o'], slotOptions = {}) => {
  const routine = new Routine();
  for (const event of events) routine.defineEvent(event);
  for (const [slot, handler] of Object.entries(slots)) routine.defineSlot(slot, handler, slotOptions[slot]);
  return routine;
};

/** A flow of routines by id, linked as `source.event` to `target.slot` say. */
export const flowOf = (routines, connections = [], options = {}) => {
  const flow = new Flow({ executionTimeoutMs: Infinity, ...options });
  for (const [id, routine] of Object.entries(routines)) flow.addRoutine(routine, id);
  for (const ends of connections) flow.connect(...ends);
  return flow;
};

/** A flow whose entry emits n times to a target. */
export const emitting = (target, options = {}) =>
  flowOf(
    {
      s: routineOf({
        trigger: ({ n }, ctx) => {
          for (let at = 0; at < n; at++) ctx.emit('o', { at });
        },
      }),
      t: target,
    },
    [['s', 'o', 't', 'i']],
    options,
  );

export const nothing = () => undefined;

/** What something throws; it is an error of the operation if it throws nothing. */
export const refusalOf = (work) => {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('It was not refused.');
};

export const rejectionOf = async (promise) => {
  const error = await promise.then(nothing, (reason) => reason);
  if (error === undefined) throw new Error('It was not refused.');
  return error;
};

/** Ends what a flow has at work, without being measured. */
export const end = (flow) => flow.cancel();

export const turn = () => new Promise((resolve) => setImmediate(resolve));

export const check = (holds, what) => {
  if (!holds) throw new Error(`The operation did not do its work: ${what}`);
};

export const until = async (isSo) => {
  while (!isSo()) await turn();
};
