// The flow behind the server: counts the words of a book, page by page.
//
//   book.page ─► counter (one page at a time)
import { Flow, Routine } from 'routilux';

/** Reads a page, from wherever the books are. */
export type ReadPage = (page: number, signal: AbortSignal) => Promise<string>;

class Book extends Routine {
  page = this.defineEvent<{ page: number }>('page');
  trigger = this.defineSlot('trigger', ({ pages = 1 }: { pages?: number }, ctx) => {
    for (let page = 1; page <= pages; page++) ctx.emit(this.page, { page });
  });
}

class Counter extends Routine {
  input = this.defineSlot('input', async ({ page }: { page: number }, ctx) => {
    const text = await this.readPage(page, ctx.signal);
    // Read after the wait, so that the pages may as well be read at once.
    const words = (ctx.state()['words'] as number | undefined) ?? 0;
    ctx.setState({ words: words + text.split(/\s+/).length });
  });

  constructor(private readonly readPage: ReadPage) {
    super();
  }
}

export const makeFlow = (readPage: ReadPage): Flow => {
  const [book, counter, flow] = [new Book(), new Counter(readPage), new Flow({ flowId: 'words' })];
  flow.addRoutine(book, 'book');
  flow.addRoutine(counter, 'counter');
  flow.connect(book.page, counter.input);
  return flow;
};
