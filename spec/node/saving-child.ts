// Run by jobFile-spec.ts in a process of its own, to be killed there: saves the job of `new.json` in the place of `job.json`
// without an end. Says so first.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { JobState } from '../../lib/index.js';
import { saveJob } from '../../lib/node/index.js';

const [folder = '.'] = process.argv.slice(2);
const state = JobState.fromJSON(readFileSync(join(folder, 'new.json'), 'utf8'));

const saveOn = async (): Promise<never> => {
  for (;;) await saveJob(join(folder, 'job.json'), state);
};

process.stdout.write('saving\n');
void saveOn();
