import { type Context, defineRoutine, Routine } from 'routilux';
import { classify, type Kind } from './classify.js';
import type { Batch, Log } from './Log.js';
import { isNoLog } from './LogError.js';
import { parse, type Request } from './parse.js';

/** A request with its kind. */
export type Sorted = Readonly<{ kind: Kind }> & Request;
/** A line that is not in the combined format, with what could be read of it. */
export type Malformed = Readonly<{ kind: 'malformed'; line: number; text: string }> & Partial<Request>;
/** Whatever the tallies count. */
export type Counted = Readonly<{ kind: Kind | 'malformed' }> & Partial<Request>;
export type Field = 'kind' | 'status' | 'hour' | 'host' | 'path';

/** A file without one good line among this many is no log. */
const PATIENCE = 10_000;
/** A log may name any number of hosts and paths; what comes after so many different ones is counted together. */
const MOST_KEYS = 100_000;
const OTHERS = '(others)';
/** How many malformed lines are named. */
const NAMED = 10;

/**
 * Reads one batch of lines each time it is asked. The parser asks when it is done with the batch before, and that task
 * queues up behind everything which the batch has set off, so the reader never outruns the flow.
 */
export class Reader extends Routine {
  readonly lines = this.defineEvent<Batch>('lines');
  readonly trigger = this.defineSlot('trigger', ({ log }: { log: Log }, ctx) => {
    ctx.setState({ log });
    return this.#read(log, ctx);
  });
  readonly next = this.defineSlot('next', (_, ctx) => this.#read(ctx.state()['log'] as Log, ctx));

  async #read(log: Log, ctx: Context): Promise<void> {
    const batch = await log.next();
    if (batch === undefined) return;
    ctx.output('progress', { bytes: log.bytesRead, lines: batch.first + batch.lines.length - 1 });
    ctx.emit(this.lines, batch);
  }
}

/** Takes lines apart. One that is not in the combined format goes its own way. */
export class Parser extends Routine {
  readonly request = this.defineEvent<Request>('request');
  readonly malformed = this.defineEvent<Malformed>('malformed');
  readonly done = this.defineEvent('done');
  readonly lines = this.defineSlot('lines', ({ first, lines }: Batch, ctx) => {
    let { parsed = 0 } = ctx.state() as { parsed?: number };
    lines.forEach((text, index) => {
      const { wellFormed, request } = parse(text);
      if (wellFormed) ctx.emit(this.request, request);
      else ctx.emit(this.malformed, { ...request, kind: 'malformed', line: first + index, text });
      if (wellFormed) parsed++;
    });
    const seen = first + lines.length - 1;
    if (parsed === 0 && seen >= PATIENCE) throw isNoLog(seen);
    ctx.setState({ parsed, seen });
    ctx.emit(this.done, {});
  });
}

/** Sends each request out on the event of its kind. */
export class Router extends Routine {
  readonly page = this.defineEvent<Sorted>('page');
  readonly asset = this.defineEvent<Sorted>('asset');
  readonly robot = this.defineEvent<Sorted>('robot');
  readonly error = this.defineEvent<Sorted>('error');
  readonly request = this.defineSlot('request', (request: Request, ctx) => {
    const kind = classify(request);
    ctx.emit(this[kind], { ...request, kind });
  });
}

/**
 * Counts requests by one of their fields. The counts are this routine's state in this job, so two logs that are read at
 * the same time never mix; and since a state copies plain objects but not a Map, counting costs the same however many
 * keys there are.
 */
export const countBy = (field: Field) =>
  defineRoutine({
    type: `count-by-${field}`,
    slots: {
      counted: {
        handler: (request: Counted, ctx) => {
          const { counts = new Map<string, number>() } = ctx.state() as { counts?: Map<string, number> };
          const value = request[field];
          if (value === undefined) return;
          const key = counts.has(value) || counts.size < MOST_KEYS ? value : OTHERS;
          ctx.setState({ counts: counts.set(key, (counts.get(key) ?? 0) + 1) });
        },
      },
    },
  });

/** Keeps the first malformed lines, to name them in the report. */
export class Collector extends Routine {
  readonly malformed = this.defineSlot('malformed', ({ line, text }: Malformed, ctx) => {
    const { first = [] } = ctx.state() as { first?: readonly { line: number; text: string }[] };
    if (first.length < NAMED) ctx.setState({ first: [...first, { line, text: text.slice(0, 200) }] });
  });
}
