// Save and restore: a printer is switched off in the middle of its work. The job is paused and saved, and the program could
// end here. Another program with the same registry reads the flow first and then the job, and goes on under the same id:
// with the page that was next, and with what the routine had counted.
//
// prints:
//   printed page 1 of 4
//   printed page 2 of 4
//   switched off: end of day
//   still to print: 3, 4
//   printed page 3 of 4
//   printed page 4 of 4
//   completed, the same job: true
//   counted 4 pages, from start to end one history of 5 records
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Flow, Registry, Routine } from 'routilux';
import { loadJob, saveJob } from 'routilux/node';

interface Page {
  readonly page: number;
}

class Document extends Routine {
  static override readonly type = 'Document';
  readonly page = this.defineEvent<Page>('page');
  readonly trigger = this.defineSlot('trigger', (_, ctx) => {
    for (let page = 1; page <= this.getConfig('pages', 0); page++) ctx.emit(this.page, { page });
  });
}

class Printer extends Routine {
  static override readonly type = 'Printer';
  readonly sheet = this.defineSlot('sheet', ({ page }: Page, ctx) => {
    const count = Number(ctx.state()['count'] ?? 0) + 1;
    ctx.setState({ count });
    console.log(`printed page ${String(page)} of ${String(this.getConfig('of', 0))}`);
    if (page === 2) void ctx.pause({ reason: 'end of day' });
  });
}

// What both programs have: from a name in JSON to a routine.
const registry = new Registry().register('Document', () => new Document()).register('Printer', () => new Printer());

const folder = await mkdtemp(join(tmpdir(), 'save-and-restore-'));
const [flowFile, jobFile] = [join(folder, 'flow.json'), join(folder, 'job.json')];

/** The first program: it is switched off while pages wait. */
const morning = async (): Promise<string> => {
  const flow = new Flow({ flowId: 'printing' });
  flow.addRoutine(new Document().setConfig({ pages: 4 }), 'document');
  flow.addRoutine(new Printer().setConfig({ of: 4 }), 'printer');
  flow.connect('document.page', 'printer.sheet');
  await writeFile(flowFile, JSON.stringify(flow));

  const job = flow.start('document');
  await new Promise<void>((paused) => {
    job.status$.subscribe((status) => {
      if (status === 'paused') paused();
    });
  });
  console.log(`switched off: ${String(job.state.pausePoints[0]?.reason)}`);
  await saveJob(jobFile, job.state);
  return job.id;
};

/** The second program: it knows the registry and the files, nothing else. */
const evening = async (): Promise<void> => {
  const flow = Flow.fromJSON(await readFile(flowFile, 'utf8'), registry);
  const saved = await loadJob(jobFile);
  console.log(`still to print: ${saved.pendingTasks.map(({ data }) => String(data['page'])).join(', ')}`);

  const state = await flow.resume(saved).done;
  console.log(`${state.status}, the same job: ${String(state.jobId === printing)}`);
  const [count, records] = [state.routineState('printer')?.['count'], state.history().length];
  console.log(`counted ${String(count)} pages, from start to end one history of ${String(records)} records`);
};

const printing = await morning();
await evening();
await rm(folder, { recursive: true });
