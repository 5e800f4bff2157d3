// A flow as an epic: each `album/start` that is dispatched runs the flow, and what the flow emits comes back as actions.
//
//   album.photo ─► resizer (four at once) ─► desk ─► thumbnail, progress, thumbnail, progress, …
//
// The flow stands in the inner pipe of one action, so what happens there stays there: a run that fails becomes `album/failed`
// and the epic lives on, and `album/cancel` ends the stream of this one album, which cancels its job and aborts its signal.
import { legacy_createStore as createStore, applyMiddleware, type Reducer } from 'redux';
import { createEpicMiddleware, type Epic } from 'redux-observable';
import { Flow, Routine } from 'routilux';
import { toOperator } from 'routilux/rx';
import { catchError, endWith, filter, map, mergeMap, type Observable, of, takeUntil } from 'rxjs';

// ── the flow ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Makes a thumbnail and says where it is; stops when the signal aborts. */
export type Resize = (photo: string, signal: AbortSignal) => Promise<string>;

/** What the flow tells the store. */
type News = { type: 'album/thumbnail'; photo: string; url: string } | { type: 'album/progress'; done: number; total: number };

class Album extends Routine {
  photo = this.defineEvent<{ photo: string; total: number }>('photo');
  trigger = this.defineSlot('trigger', ({ photos }: { photos: string[] }, ctx) => {
    for (const photo of photos) ctx.emit(this.photo, { photo, total: photos.length });
  });
}

class Resizer extends Routine {
  thumbnail = this.defineEvent<{ photo: string; url: string; total: number }>('thumbnail');
  input = this.defineSlot('input', async ({ photo, total }: { photo: string; total: number }, ctx) =>
    ctx.emit(this.thumbnail, { photo, url: await this.resize(photo, ctx.signal), total }),
  );

  constructor(private readonly resize: Resize) {
    super();
  }
}

/** Counts in the state of the job, so that two albums do not count each other's photos. */
class Desk extends Routine {
  news = this.defineEvent<News>('news');
  input = this.defineSlot('input', ({ photo, url, total }: { photo: string; url: string; total: number }, ctx) => {
    const done = 1 + ((ctx.state()['done'] as number | undefined) ?? 0);
    ctx.setState({ done });
    ctx.emit(this.news, { type: 'album/thumbnail', photo, url });
    ctx.emit(this.news, { type: 'album/progress', done, total });
  });
}

export const makeFlow = (resize: Resize) => {
  const [album, resizer, desk] = [new Album(), new Resizer(resize), new Desk()];
  const flow = new Flow({ flowId: 'albums', maxWorkers: 4 });
  flow.addRoutine(album, 'album');
  flow.addRoutine(resizer, 'resizer');
  flow.addRoutine(desk, 'desk');
  flow.connect(album.photo, resizer.input);
  flow.connect(resizer.thumbnail, desk.input);
  return { flow, news: desk.news };
};

// ── the epic ────────────────────────────────────────────────────────────────────────────────────────────────────────

type Start = { type: 'album/start'; id: string; photos: string[] };
type Cancel = { type: 'album/cancel'; id: string };
type End = { type: 'album/done'; id: string } | { type: 'album/failed'; id: string; message: string };
export type Action = Start | Cancel | End | (News & { id: string });

const isStart = (action: Action): action is Start => action.type === 'album/start';

const cancelOf = (id: string, action$: Observable<Action>) =>
  action$.pipe(filter((action) => action.type === 'album/cancel' && action.id === id));

export const albumEpic = ({ flow, news }: ReturnType<typeof makeFlow>): Epic<Action, Action, State> => {
  const thumbnails = toOperator(flow, { entry: 'album', output: news });
  return (action$) =>
    action$.pipe(
      filter(isStart),
      mergeMap(({ id, photos }) =>
        of({ photos }).pipe(
          thumbnails,
          map((told): Action => ({ ...told, id })),
          endWith<Action>({ type: 'album/done', id }),
          // In here, and not behind mergeMap: there the first failure would be the end of the epic.
          catchError((error: Error) => of<Action>({ type: 'album/failed', id, message: error.message })),
          takeUntil(cancelOf(id, action$)),
        ),
      ),
    );
};

// ── the store ───────────────────────────────────────────────────────────────────────────────────────────────────────

interface AlbumState {
  status: 'running' | 'done' | 'failed' | 'cancelled';
  progress: string;
  urls: string[];
  message?: string;
}
export type State = Partial<Record<string, AlbumState>>;

const change = (album: AlbumState, action: Exclude<Action, Start>): AlbumState => {
  switch (action.type) {
    case 'album/thumbnail':
      return { ...album, urls: [...album.urls, action.url] };
    case 'album/progress':
      return { ...album, progress: `${action.done} of ${action.total}` };
    case 'album/done':
      return { ...album, status: 'done' };
    case 'album/failed':
      return { ...album, status: 'failed', message: action.message };
    case 'album/cancel':
      return { ...album, status: 'cancelled' };
  }
};

const reducer: Reducer<State, Action> = (state = {}, action) => {
  if (action.type === 'album/start')
    return { ...state, [action.id]: { status: 'running', progress: `0 of ${action.photos.length}`, urls: [] } };
  // Redux has actions of its own, and a cancel may come when there is nothing left to cancel.
  const album = 'id' in action ? state[action.id] : undefined;
  return album?.status === 'running' ? { ...state, [action.id]: change(album, action) } : state;
};

export const makeStore = (parts: ReturnType<typeof makeFlow>) => {
  const middleware = createEpicMiddleware<Action, Action, State>();
  const store = createStore(reducer, applyMiddleware(middleware));
  middleware.run(albumEpic(parts));
  return store;
};
