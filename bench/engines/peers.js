import queue from 'async/queue.js';
import fastq from 'fastq';
import PQueue from 'p-queue';

const callHandler = async ({ handler, data }) => handler(data);
const ignore = () => undefined;

const paused = (waiting, push, resume) => ({
  push,
  run: (feed) => {
    waiting.pause();
    feed();
    resume();
  },
});

/** fastq with promises: with callbacks, a synchronous worker overflows the stack. */
export const fastqSync = (workers) => {
  const waiting = fastq.promise(callHandler, workers);
  return paused(
    waiting,
    (handler, data) => void waiting.push({ handler, data }),
    () => waiting.resume(),
  );
};

/** fastq with callbacks, its faster face. */
export const fastqAsync = (workers) => {
  const waiting = fastq(({ handler, data }, done) => handler(data).then(() => done(null), done), workers);
  return paused(
    waiting,
    (handler, data) => waiting.push({ handler, data }, ignore),
    () => waiting.resume(),
  );
};

export const asyncQueueSync = (workers) => {
  const waiting = queue(({ handler, data }, done) => {
    handler(data);
    done();
  }, workers);
  return paused(
    waiting,
    (handler, data) => waiting.push({ handler, data }, ignore),
    () => waiting.resume(),
  );
};

export const asyncQueueAsync = (workers) => {
  const waiting = queue(({ handler, data }, done) => handler(data).then(() => done(), done), workers);
  return paused(
    waiting,
    (handler, data) => waiting.push({ handler, data }, ignore),
    () => waiting.resume(),
  );
};

export const pQueue = (workers) => {
  const waiting = new PQueue({ concurrency: workers });
  return paused(
    waiting,
    (handler, data) => void waiting.add(() => handler(data)),
    () => waiting.start(),
  );
};
