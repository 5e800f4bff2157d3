// Run by jobFile-spec.ts in a process of its own, to be killed there: saves the job of `new.json` in the place of `job.json`
// without an end, and says so first; or once, and says what went wrong.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { JobState } from '../../lib/index.js';
import { saveJob } from '../../lib/node/index.js';

const [folder = '.', times] = process.argv.slice(2);
const state = JobState.fromJSON(readFileSync(join(folder, 'new.json'), 'utf8'));

const save = (): Promise<void> => saveJob(join(folder, 'job.json'), state);

const saveOn = async (): Promise<never> => {
  for (;;) await save();
};

const saveOnce = (): Promise<void> => save().catch((error: unknown) => void process.stdout.write(String(error)));

process.stdout.write('saving\n');
void (times === 'once' ? saveOnce() : saveOn());
