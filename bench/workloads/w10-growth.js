import { syncFloor } from '../engines/floor.js';
import { complete } from '../engines/ours.js';
import { over } from '../engines/over.js';
import { Ring } from '../engines/Ring.js';
import { chain, chainFlow } from './w1-chain.js';

const NAMES = { 1: '1', 10: '10', 100: '100', 1_000: '1k', 10_000: '10k' };

/** A chain for jobs that take turns: a handler is told whose task it runs. */
const stagesOf = ({ routines }, tally) => {
  let next = ({ n }) => {
    tally.count++;
    tally.sum += n;
  };
  for (let left = routines - 1; left > 0; left--) {
    const target = next;
    next = ({ n }, job) => {
      job.push(target);
      job.push({ n: n + 1 });
    };
  }
  return next;
};

const startJob = (first, messages) => {
  const job = new Ring();
  for (let n = 0; n < messages; n++) {
    job.push(first);
    job.push({ n });
  }
  job.done = new Promise((resolve) => (job.finish = resolve));
  return job;
};

/** A ring of jobs, each a ring of tasks: the job in front runs one and goes to the end. */
const takeTurns = (jobs) => {
  const turns = new Ring();
  for (const job of jobs) turns.push(job);
  for (let job = turns.shift(); job !== undefined; job = turns.shift()) {
    job.shift()(job.shift(), job);
    if (job.length > 0) turns.push(job);
    else job.finish();
  }
};

const jobsFloor = (size, tally) => {
  const first = stagesOf(size, tally);
  return async () => {
    for (let time = 0; time < size.times; time++) {
      const jobs = Array.from({ length: size.jobs }, () => startJob(first, size.messages));
      takeTurns(jobs);
      await Promise.all(jobs.map(({ done }) => done));
    }
  };
};

const ours = (size, tally, options) => {
  const flow = chainFlow(size, tally, options);
  return async () => {
    for (let time = 0; time < size.times; time++)
      await Promise.all(Array.from({ length: size.jobs }, () => complete(flow, 'source')));
  };
};

const routinesCase = (routines) => ({
  name: `${NAMES[routines]} routines`,
  size: { routines, messages: 1_000, jobs: 1, times: 1 },
  smoke: { routines: Math.min(routines, 100), messages: 3 },
});

const jobsCase = (jobs) => ({
  name: `${NAMES[jobs]} ${jobs === 1 ? 'job' : 'jobs'}`,
  size: { routines: 10, messages: 10, jobs, times: Math.max(1, 1_000 / jobs) },
  smoke: { jobs: Math.min(jobs, 10), times: 2 },
  floor: jobsFloor,
});

const growth = (from) => (to) => ({
  label: `${to}: growth over the floor's`,
  goal: { atMost: 1.5 },
  of: ({ ratio }) => ratio(to) / ratio(from),
});

/** @type {import('../types.js').Workload} */
export default {
  id: 'W10',
  title:
    'growth: the chain with more routines (1k messages), and more jobs side by side (10 routines, 10 messages each, in turns)',
  goal: "cost per task grows ≤ 1.5 × the floor's own growth",
  cases: [...[10, 100, 1_000, 10_000].map(routinesCase), ...[1, 100, 10_000].map(jobsCase)],
  tasks: ({ routines, messages, jobs, times }) => routines * messages * jobs * times,
  expected: ({ routines, messages, jobs, times }) => ({
    count: messages * jobs * times,
    sum: ((messages * (messages - 1)) / 2 + messages * (routines - 1)) * jobs * times,
  }),
  floor: over(syncFloor, chain),
  peers: {},
  ours,
  derived: [
    ...['100 routines', '1k routines', '10k routines'].map(growth('10 routines')),
    ...['100 jobs', '10k jobs'].map(growth('1 job')),
  ],
};
