import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import type { Source } from '../../lib/rx/index.js';
import { type Fate, PlatformObservable, silent, watched$ } from './sources.js';

/** A web stream of a browser that has no async iterator for it. */
export const bare = (stream: ReadableStream): Source<unknown> => ({ getReader: () => stream.getReader() }) as never;

const nodeStream = (fate: Fate): Readable =>
  new Readable({
    objectMode: true,
    read: () => void fate.asked++,
    destroy: (_, done) => {
      fate.left++;
      done(null);
    },
  });

const lineReader = (fate: Fate): Source<string> =>
  createInterface({ input: new Readable({ read: () => void fate.asked++ }) }).on('close', () => void fate.left++);

const webStream = (fate: Fate): ReadableStream =>
  new ReadableStream({ pull: () => (fate.asked++, new Promise(() => undefined)), cancel: () => void fate.left++ });

/** Streams that wait for their next value, which never comes; each notes when it is begun, and when it is left. */
export const HELD: readonly (readonly [string, (fate: Fate) => unknown])[] = [
  ['an observable', watched$],
  [
    'an observable of the platform',
    (fate) =>
      new PlatformObservable((subscriber) => {
        fate.asked++;
        subscriber.addTeardown(() => void fate.left++);
      }),
  ],
  ['an async iterable that waits', silent],
  ['a Node stream that waits', nodeStream],
  ['a readline that waits', lineReader],
  ['a web stream that waits', webStream],
  ['a web stream that is no async iterable, and waits', (fate) => bare(webStream(fate))],
];
