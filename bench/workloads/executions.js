// One execution of one routine, awaited by its caller: shared by W7 and W8.
import queue from 'async/queue.js';
import fastq from 'fastq';
import PQueue from 'p-queue';
import { lastValueFrom, mergeMap, of, Subject } from 'rxjs';
import { createActor, fromTransition } from 'xstate';
import { add, checkEnd, flowFor } from '../engines/ours.js';
import { Ring } from '../engines/Ring.js';

/** An execution stands for itself, so it has a ring of its own, and a promise of its end. */
export const floorOf = (handler) => (data) =>
  new Promise((resolve) => {
    const ring = new Ring();
    ring.push(handler);
    ring.push(data);
    for (let next = ring.shift(); next !== undefined; next = ring.shift()) next(ring.shift());
    resolve();
  });

const naiveOf = (handler) => (data) => {
  const task$ = new Subject();
  const ended = lastValueFrom(task$.pipe(mergeMap((each) => of(handler(each)), 1)));
  task$.next(data);
  task$.complete();
  return ended;
};

const fastqOf = (handler) => {
  const waiting = fastq.promise(async (data) => handler(data), 1);
  return (data) => waiting.push(data);
};

const asyncQueueOf = (handler) => {
  const waiting = queue((data, done) => {
    handler(data);
    done();
  }, 1);
  return (data) => waiting.pushAsync(data);
};

const pQueueOf = (handler) => {
  const waiting = new PQueue({ concurrency: 1 });
  return (data) => waiting.add(() => handler(data));
};

export const actorOf = (handler) => {
  const logic = fromTransition((state, { type, data }) => {
    if (type === 'input') handler(data); // stopping is an event too
    return state;
  }, 0);
  return async (data) => {
    const actor = createActor(logic).start();
    actor.send({ type: 'input', data });
    actor.stop();
  };
};

export const peers = { 'naive RxJS': naiveOf, fastq: fastqOf, 'async.queue': asyncQueueOf, 'p-queue': pQueueOf };

export const flowOf = (options) => (handler) => {
  const flow = flowFor({}, options);
  add(flow, 'only', 'trigger', handler);
  return (data) => flow.execute('only', data);
};

/** What an execution of ours gives says whether it was a good one; anybody else's gives nothing, or is rejected. */
export const checkResult = (state) => state !== undefined && checkEnd(state);
