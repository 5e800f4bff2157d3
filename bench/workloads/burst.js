// Shared by the workloads that queue many tasks of one routine before any of them runs.
import { asyncFloor, syncFloor } from '../engines/floor.js';
import { add, complete, flowFor } from '../engines/ours.js';
import { asyncEngines, over, overEach, syncEngines } from '../engines/over.js';

const burst =
  (handlerOf) =>
  ({ messages }, { push, tally, end }) => {
    const handler = handlerOf(tally, (done) => done === messages && end());
    return () => {
      for (let n = 0; n < messages; n++) push(handler, { n });
    };
  };

const burstFlow =
  (handlerOf) =>
  ({ messages, ...size }, tally, options) => {
    const flow = flowFor(size, options);
    add(flow, 'source', 'trigger', (_, ctx) => {
      for (let n = 0; n < messages; n++) ctx.emit('output', { n });
    });
    add(
      flow,
      'worker',
      'input',
      handlerOf(tally, () => undefined),
    );
    flow.connect('source', 'output', 'worker', 'input');
    return () => complete(flow, 'source');
  };

/** A handler that is over when it returns. */
const counting =
  (tally, counted) =>
  ({ n }) => {
    tally.sum += n;
    counted(++tally.count);
  };

/** A handler that waits for something once. */
const waiting =
  (wait) =>
  (tally, counted) =>
  async ({ n }) => {
    await wait();
    tally.sum += n;
    counted(++tally.count);
  };

const contenders = (floor, engines, handlerOf) => ({
  floor: over(floor, burst(handlerOf)),
  peers: overEach(engines, burst(handlerOf)),
  ours: burstFlow(handlerOf),
});

export const burstTally = ({ messages }) => ({ count: messages, sum: (messages * (messages - 1)) / 2 });

/** @returns {import('../types.js').Contenders} */
export const syncBurst = () => contenders(syncFloor, syncEngines, counting);

/** @returns {import('../types.js').Contenders} */
export const asyncBurst = (wait) => contenders(asyncFloor, asyncEngines, waiting(wait));
