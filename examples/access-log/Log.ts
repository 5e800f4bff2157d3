import { open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { toLogError } from './LogError.js';

/** Some lines in a row, and the number of the first one. */
export type Batch = Readonly<{ first: number; lines: readonly string[] }>;

/** What is longer than this, in bytes, is cut: no request is, and memory stays flat whatever the file holds. */
const LONGEST_LINE = 65_536;
const NOTHING = Buffer.alloc(0);
const NEWLINE = 0x0a;

/** A log that is read as far as it is asked for, batch by batch; gzip is known by its first bytes, not by its name. */
export class Log {
  /** Bytes read so far, as they are in the file. */
  bytesRead = 0;
  readonly #batches = this.#read();

  constructor(
    readonly source: Readable,
    /** Bytes of the file; 0 where nobody knows. */
    readonly size: number,
  ) {}

  /** The next lines; undefined at the end. */
  async next(): Promise<Batch | undefined> {
    try {
      return (await this.#batches.next()).value;
    } catch (error) {
      throw toLogError(error);
    }
  }

  close(): void {
    this.source.destroy();
  }

  async *#read(): AsyncGenerator<Batch, undefined> {
    const raw = this.#counted();
    const head = await headOf(raw);
    const whole = startWith(head, raw);
    yield* toBatches(isGzip(head) ? pipeline(whole, createGunzip({ chunkSize: 65_536 }), () => undefined) : whole);
    return undefined;
  }

  async *#counted(): AsyncGenerator<Buffer, undefined> {
    for await (const chunk of this.source as AsyncIterable<Buffer>) {
      this.bytesRead += chunk.length;
      yield chunk;
    }
    return undefined;
  }
}

/** @throws LogError */
export const openLog = async (file: string): Promise<Log> => {
  if (file === '-') return new Log(process.stdin, 0);
  try {
    const handle = await open(file);
    const stats = await handle.stat();
    return new Log(handle.createReadStream(), stats.isFile() ? stats.size : 0);
  } catch (error) {
    throw toLogError(error);
  }
};

const isGzip = (head: Buffer): boolean => head[0] === 0x1f && head[1] === 0x8b;

/** Two bytes at least, where there are as many. */
const headOf = async (chunks: AsyncGenerator<Buffer, undefined>): Promise<Buffer> => {
  let head = NOTHING;
  while (head.length < 2) {
    const { value } = await chunks.next();
    if (value === undefined) break;
    head = Buffer.concat([head, value]);
  }
  return head;
};

async function* startWith(head: Buffer, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield head;
  yield* chunks;
}

/** The lines of each chunk. They are cut as bytes and decoded one by one, so none of them keeps its chunk in memory. */
async function* toBatches(chunks: AsyncIterable<Buffer>): AsyncGenerator<Batch> {
  let unfinished: Buffer = NOTHING;
  let first = 1;
  for await (const chunk of chunks) {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      lines.push(toText(grow(unfinished, chunk.subarray(start, end))));
      unfinished = NOTHING;
      start = end + 1;
    }
    unfinished = grow(unfinished, chunk.subarray(start));
    if (lines.length > 0) yield { first, lines };
    first += lines.length;
  }
  if (unfinished.length > 0) yield { first, lines: [toText(unfinished)] };
}

const grow = (line: Buffer, piece: Buffer): Buffer =>
  Buffer.concat([line, piece], Math.min(line.length + piece.length, LONGEST_LINE));

/** Bytes that are no UTF-8 become U+FFFD; a carriage return and a byte order mark are no part of a line. */
const toText = (bytes: Buffer): string => bytes.toString('utf8').replace(/^\uFEFF|\r$/g, '');
