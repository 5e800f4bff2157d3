// Concurrent: the queue is the same, the number of workers differs. Six downloads, first one at a time, then three; a
// limit may be set for the flow, or for one run.
//
// prints:
//   1 worker: 6 downloads, at most 1 at a time
//   3 workers: 6 downloads, at most 3 at a time
import { setTimeout as sleep } from 'node:timers/promises';
import { Flow, type JobState, Routine } from 'routilux';

const list = new Routine();
const url = list.defineEvent<{ url: string }>('url');
list.defineSlot('trigger', (_, ctx) => {
  for (const page of ['a', 'b', 'c', 'd', 'e', 'f']) ctx.emit(url, { url: `/${page}` });
});

const downloader = new Routine();
const request = downloader.defineSlot<{ url: string }>('request', async (_, { shared }) => {
  const running = shared.get('running', 0) + 1;
  shared.set('running', running);
  shared.set('most', Math.max(running, shared.get('most', 0)));
  await sleep(20);
  shared.set('running', shared.get('running', 0) - 1);
});

const flow = new Flow();
flow.addRoutine(list, 'list');
flow.addRoutine(downloader, 'downloader');
flow.connect(url, request);

const show = ({ metrics, sharedData }: JobState): string =>
  `${String(metrics.routine('downloader')?.completed)} downloads, at most ${String(sharedData['most'])} at a time`;

console.log(`1 worker: ${show(await flow.execute('list'))}`);
console.log(`3 workers: ${show(await flow.execute('list', {}, { maxWorkers: 3 }))}`);
