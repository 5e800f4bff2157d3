// What clients see over HTTP; when a page has been read is under the control of the tests.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Flow } from 'routilux';
import { filter, firstValueFrom, ReplaySubject } from 'rxjs';
import { createApp } from './app.js';

interface Reading {
  page: number;
  finish: () => void;
  fail: (error: Error) => void;
}

/** Where pages are read: each test says when one is ready, or torn. */
class Library {
  readonly #begun$ = new ReplaySubject<Reading>();

  readonly readPage = (page: number): Promise<string> =>
    new Promise((ready, fail) => this.#begun$.next({ page, finish: () => ready(`page ${page}`), fail }));

  /** The reading of a page, once it has begun. */
  reading(page: number): Promise<Reading> {
    return firstValueFrom(this.#begun$.pipe(filter((reading) => reading.page === page)));
  }

  async finish(...pages: number[]): Promise<void> {
    for (const page of pages) (await this.reading(page)).finish();
  }
}

type ServerSent = [type: string, data: Record<string, unknown>];

const post = (url: string, body: unknown): Promise<Response> =>
  fetch(`${url}/jobs`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

const started = async (url: string, pages: number): Promise<string> => {
  const answer = await post(url, { pages });
  assert.equal(answer.status, 202);
  return ((await answer.json()) as { id: string }).id;
};

/** The events of a job, one by one; leaving the loop closes the connection. */
async function* watch(url: string, id: string): AsyncGenerator<ServerSent, void> {
  const answer = await fetch(`${url}/jobs/${id}/progress`);
  assert.equal(answer.headers.get('content-type'), 'text/event-stream');
  assert(answer.body !== null);
  let text = '';
  for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
    const events = (text + chunk).split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) yield parsed(event);
  }
}

const field = (event: string, name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(event)?.[1] ?? '';
const parsed = (event: string): ServerSent => [field(event, 'event'), JSON.parse(field(event, 'data'))];

const next = async (events: AsyncGenerator<ServerSent, void>): Promise<ServerSent | undefined> =>
  (await events.next()).value ?? undefined;

const rest = async (events: AsyncGenerator<ServerSent, void>): Promise<ServerSent[]> => {
  const all = [];
  for await (const event of events) all.push(event);
  return all;
};

const running = (queued: number, texts = 3): ServerSent => [
  'progress',
  { queued, active: 1, done: texts - queued, status: 'running', pausing: false },
];
/** The entry is a task as well. */
const ended = (texts = 3): ServerSent => [
  'progress',
  { queued: 0, active: 0, done: texts + 1, status: 'completed', pausing: false },
];

describe('jobs behind HTTP', { timeout: 30_000 }, () => {
  let library: Library;
  let app: Awaited<ReturnType<typeof createApp>>;
  let url: string;

  beforeEach(async () => {
    library = new Library();
    app = await createApp(library.readPage);
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });
  afterEach(async () => {
    // A test that has failed may leave a job behind.
    await app.get(Flow).shutdown({ wait: false });
    // Else it waits until fetch lets go of the connections that it keeps.
    app.getHttpServer().closeAllConnections();
    await app.close();
  });

  it('should stream the progress of a job up to its end, which has the result', async () => {
    const id = await started(url, 3);
    await library.reading(1);
    const events = watch(url, id);
    assert.deepEqual(await next(events), running(2));
    await library.finish(1);
    assert.deepEqual(await next(events), running(1));
    await library.finish(2);
    assert.deepEqual(await next(events), running(0));
    await library.finish(3);
    assert.deepEqual(await rest(events), [ended(), ['end', { status: 'completed', words: 6 }]]);
  });

  it('should go on with a job whose watcher has left', async () => {
    const id = await started(url, 2);
    await library.reading(1);
    const asked = once(app.getHttpServer(), 'request') as Promise<[IncomingMessage, ServerResponse]>;
    const watcher = watch(url, id);
    await next(watcher);
    const [, response] = await asked;
    const left = once(response, 'close');
    await watcher.return();
    await left;

    await library.finish(1, 2);
    assert.deepEqual((await rest(watch(url, id))).at(-1), ['end', { status: 'completed', words: 4 }]);
  });

  it('should tell who comes late the progress of this moment at once', async () => {
    const id = await started(url, 3);
    await library.finish(1);
    await library.reading(2);
    const late = watch(url, id);
    // Nothing happens in the job meanwhile.
    assert.deepEqual(await next(late), running(1));
    await library.finish(2, 3);
    await rest(late);
  });

  it('should tell who comes after the end how it ended', async () => {
    const id = await started(url, 1);
    const first = watch(url, id);
    await library.finish(1);
    await rest(first);
    assert.deepEqual(await rest(watch(url, id)), [ended(1), ['end', { status: 'completed', words: 2 }]]);
  });

  it('should tell why a job failed', async () => {
    const id = await started(url, 2);
    (await library.reading(1)).fail(new Error('torn out'));
    const [type, data] = (await rest(watch(url, id))).at(-1) ?? [];
    assert.deepEqual([type, data?.['status']], ['end', 'failed']);
    assert.match(String(data?.['error']), /counter.*torn out/);
  });

  it('should answer 404 for a job that it does not know, and 400 for what is no payload', async () => {
    assert.equal((await fetch(`${url}/jobs/nobody/progress`)).status, 404);
    const refused = await post(url, ['a', 'list']);
    assert.equal(refused.status, 400);
    assert.equal(((await refused.json()) as { code: string }).code, 'BAD_PAYLOAD');
  });
});

describe('a server that is told to stop', { timeout: 30_000 }, () => {
  /** Until it has noticed; jobs that it takes before that are jobs like any other. */
  const untilRefused = async (url: string): Promise<Response> => {
    const answer = await post(url, { pages: 1 });
    return answer.status === 202 ? untilRefused(url) : answer;
  };

  it('should finish its jobs before the process ends, and refuse new ones meanwhile', async (test) => {
    const host = fork('journey-host.ts', { execArgv: ['--import', 'tsx'] });
    test.after(() => host.kill('SIGKILL'));
    const over = once(host, 'exit');
    const [url] = (await once(host, 'message')) as [string];
    const watcher = watch(url, await started(url, 2));
    await next(watcher);

    host.kill('SIGTERM');
    const refused = await untilRefused(url);
    assert.equal(refused.status, 503);
    assert.equal(((await refused.json()) as { code: string }).code, 'SHUT_DOWN');
    assert.equal(host.exitCode ?? host.signalCode, null);

    host.send('read the pages');
    assert.deepEqual((await rest(watcher)).at(-1), ['end', { status: 'completed', words: 4 }]);
    assert.deepEqual(await over, [null, 'SIGTERM']);
  });
});
