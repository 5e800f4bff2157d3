import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(__dirname, '..', '..');

/** A process of its own, on the built package; it must end by itself, without `process.exit`. */
const script = (body: string): string => `
  import { Flow, Routine } from 'routilux';
  const flow = new Flow({ executionTimeoutMs: 300_000, maxWorkers: 3 });
  const s = new Routine();
  s.defineEvent('o');
  s.defineSlot('trigger', async (_, ctx) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    ctx.emit('o', {});
  });
  const t = new Routine();
  t.defineSlot('i', () => undefined);
  flow.addRoutine(s, 's');
  flow.addRoutine(t, 't');
  flow.connect('s', 'o', 't', 'i');
  ${body}
`;

describe('a process that runs a flow (SC108, S43)', () => {
  beforeAll(() => {
    // `npm test` builds first; a bare `jest` has to be told.
    if (!existsSync(join(root, 'dist'))) throw new Error('this spec runs the built package: npm run build first');
  });

  it.each([
    ['a run that completes', "console.log((await flow.execute('s')).status);", 'completed'],
    ['a run that is cancelled', "const job = flow.start('s'); await job.cancel(); console.log(job.status);", 'cancelled'],
    ['a run and a shutdown', "flow.start('s'); await flow.shutdown(); console.log(flow.jobs.length);", '0'],
  ])('should end by itself after %s, with no open handles', async (_, body, printed) => {
    const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '--eval', script(body)], {
      cwd: root,
      // Far below the timeout of the flow, which would keep the process; far above what a busy machine takes to start it.
      timeout: 120_000,
    });
    expect([stdout.trim(), stderr]).toEqual([printed, '']);
  });
});
