// What a user of the store sees, with the real store, middleware and flow; only the resizing is under the control of the tests.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { filter, firstValueFrom, from, map, ReplaySubject } from 'rxjs';
import { type Action, makeFlow, makeStore, type State } from './albums.js';

interface Work {
  photo: string;
  signal: AbortSignal;
  finish: () => void;
  fail: (error: Error) => void;
}

/** Where photos are resized: each test says when one is ready, or breaks. */
class Studio {
  readonly #begun$ = new ReplaySubject<Work>();

  readonly resize = (photo: string, signal: AbortSignal): Promise<string> =>
    new Promise((ready, fail) => this.#begun$.next({ photo, signal, finish: () => ready(`/thumbnails/${photo}`), fail }));

  /** The work on a photo, once it has begun. */
  work(photo: string): Promise<Work> {
    return firstValueFrom(this.#begun$.pipe(filter((work) => work.photo === photo)));
  }

  async finish(...photos: string[]): Promise<void> {
    for (const photo of photos) (await this.work(photo)).finish();
  }
}

describe('a flow as an epic', { timeout: 20_000 }, () => {
  let studio: Studio;
  let parts: ReturnType<typeof makeFlow>;
  let store: ReturnType<typeof makeStore>;

  beforeEach(() => {
    studio = new Studio();
    parts = makeFlow(studio.resize);
    store = makeStore(parts);
  });
  afterEach(() => parts.flow.shutdown({ wait: false }));

  const start = (id: string, ...photos: string[]): Action => ({ type: 'album/start', id, photos });
  const cancel = (id: string): Action => ({ type: 'album/cancel', id });

  /** The album as soon as it is like that. */
  const album = (id: string, isLikeThat: (album: NonNullable<State[string]>) => boolean) =>
    firstValueFrom(
      from(store).pipe(
        map((state) => state[id]),
        filter((album) => album !== undefined && isLikeThat(album)),
      ),
    );
  const ended = (id: string) => album(id, ({ status }) => status !== 'running');

  it('should bring back what the flow emits as actions, while it runs', async () => {
    store.dispatch(start('rome', 'forum', 'tiber'));
    assert.deepEqual(store.getState(), { rome: { status: 'running', progress: '0 of 2', urls: [] } });

    await studio.finish('tiber');
    await album('rome', ({ progress }) => progress === '1 of 2');
    assert.deepEqual(store.getState(), { rome: { status: 'running', progress: '1 of 2', urls: ['/thumbnails/tiber'] } });

    await studio.finish('forum');
    const urls = ['/thumbnails/tiber', '/thumbnails/forum'];
    assert.deepEqual(await ended('rome'), { status: 'done', progress: '2 of 2', urls });
  });

  it('should run a job per action, each counting for itself', async () => {
    store.dispatch(start('rome', 'forum', 'tiber'));
    store.dispatch(start('oslo', 'fjord'));
    assert.equal(parts.flow.jobs.length, 2);
    await studio.finish('forum', 'tiber', 'fjord');
    assert.equal((await ended('rome'))?.progress, '2 of 2');
    assert.equal((await ended('oslo'))?.progress, '1 of 1');
  });

  it('should make a failing run an action, and live on', async () => {
    store.dispatch(start('rome', 'forum', 'tiber'));
    const [forum, tiber] = [await studio.work('forum'), await studio.work('tiber')];
    forum.fail(new Error('no film in it'));
    const rome = await ended('rome');
    assert.equal(rome?.status, 'failed');
    assert.match(rome?.message ?? '', /resizer.*no film in it/);
    // What else the job had at work is told to stop.
    assert.equal(tiber.signal.aborted, true);

    store.dispatch(start('oslo', 'fjord'));
    await studio.finish('fjord');
    assert.equal((await ended('oslo'))?.status, 'done');
  });

  it('should make a run that cannot start an action as well', async () => {
    await parts.flow.shutdown();
    store.dispatch(start('rome', 'forum'));
    const rome = await ended('rome');
    assert.equal(rome?.status, 'failed');
    assert.match(rome?.message ?? '', /shut down/);
  });

  it('should cancel the job of one album, and no other', async () => {
    store.dispatch(start('rome', 'forum'));
    store.dispatch(start('oslo', 'fjord'));
    const [rome, oslo] = parts.flow.jobs;
    const [forum, fjord] = [await studio.work('forum'), await studio.work('fjord')];

    store.dispatch(cancel('rome'));
    assert.equal(store.getState()['rome']?.status, 'cancelled');
    assert.deepEqual([rome?.status, oslo?.status], ['cancelled', 'running']);
    assert.deepEqual([forum.signal.aborted, fjord.signal.aborted], [true, false]);

    // A handler that does not listen to its signal changes nothing any more.
    await studio.finish('forum', 'fjord');
    assert.equal((await ended('oslo'))?.status, 'done');
    assert.deepEqual(store.getState()['rome'], { status: 'cancelled', progress: '0 of 1', urls: [] });
  });

  it('should start a cancelled album again', async () => {
    store.dispatch(start('rome', 'forum'));
    store.dispatch(cancel('rome'));
    store.dispatch(start('rome', 'tiber'));
    await studio.finish('tiber');
    assert.deepEqual(await ended('rome'), { status: 'done', progress: '1 of 1', urls: ['/thumbnails/tiber'] });
  });

  it('should leave an album alone that has come to its end', async () => {
    store.dispatch(start('rome', 'forum'));
    await studio.finish('forum');
    await ended('rome');
    store.dispatch(cancel('rome'));
    assert.equal(store.getState()['rome']?.status, 'done');
  });
});
