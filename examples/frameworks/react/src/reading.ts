// The workflow, which knows nothing of React: a list of pages, read two at a time, and a count of the words on each.
import { Flow, Routine } from 'routilux';

class Pages extends Routine {
  page = this.defineEvent<{ url: string }>('page');
  trigger = this.defineSlot('trigger', ({ urls }: { urls: readonly string[] }, ctx) => {
    for (const url of urls) ctx.emit(this.page, { url });
  });
}

class Words extends Routine {
  page = this.defineSlot('page', async ({ url }: { url: string }, ctx) => {
    // The signal aborts when the job is cancelled: then the browser drops the request.
    const response = await fetch(url, { signal: ctx.signal });
    if (!response.ok) throw new Error(`${url}: ${response.status}`);
    const words = (await response.text()).match(/\w+/g) ?? [];
    ctx.output('words', { url, count: words.length });
  });
}

export const makeReading = (): Flow => {
  const [pages, words, flow] = [new Pages(), new Words(), new Flow({ maxWorkers: 2 })];
  flow.addRoutine(pages, 'pages');
  flow.addRoutine(words, 'words');
  flow.connect(pages.page, words.page);
  return flow;
};
