// Jobs in files.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadJob, saveJob } from 'routilux/node';
import { flowOf, operation, rejectionOf, routineOf, until, upTo } from './parts.mjs';

const withFile = async (work) => {
  const folder = mkdtempSync(join(tmpdir(), 'scaling-'));
  try {
    await work(join(folder, 'job.json'));
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const jobOf = async (n) => {
  const flow = flowOf({
    s: routineOf({ trigger: (_, ctx) => (upTo(n).forEach((at) => ctx.emitDeferred('o', { at })), ctx.pause()) }),
  });
  const job = flow.start('s');
  await until(() => job.status === 'paused');
  return job;
};

export const operations = [
  operation('saveJob and loadJob, n events', ['saveJob', 'loadJob'], async (n, measure) => {
    const job = await jobOf(n);
    await withFile((path) => measure.again(async () => (await saveJob(path, job.state), await loadJob(path))));
    await job.cancel();
  }),
  operation('loadJob from a path of n letters', ['FileError'], (n, measure) =>
    measure.again(() => rejectionOf(loadJob('x/'.repeat(n)))),
  ),
];
