import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { type Batch, Log, openLog } from '../../examples/access-log/Log.js';
import { classify } from '../../examples/access-log/classify.js';
import { optionsFrom } from '../../examples/access-log/options.js';
import { parse, type Request } from '../../examples/access-log/parse.js';
import { countBy, Parser, Reader, Router } from '../../examples/access-log/routines.js';
import { Flow } from '../../lib/index.js';

const LINE = '::1 - ada [17/May/2015:23:05:03 +0000] "GET /a?b=c HTTP/1.1" 404 - "-" "curl/8"';

const request = (changed: Partial<Request>): Request => ({
  ...{ host: '::1', hour: '23', path: '/', status: '200', agent: 'Mozilla/5.0' },
  ...changed,
});

describe('parse', () => {
  it('should read the fields of a line', () => {
    const expected = { host: '::1', hour: '23', path: '/a', status: '404', agent: 'curl/8' };
    expect(parse(LINE)).toEqual({ wellFormed: true, request: expected });
  });

  it.each<[string, string, string]>([
    ['a query and a fragment', '/a?b#c', '/a'],
    ['an escaped quote', '/\\"', '/\\"'],
    ['a whole address', 'http://x/y?z', 'http://x/y'],
  ])('should know a path with %s', (_, target, path) => {
    expect(parse(LINE.replace('/a?b=c', target))).toMatchObject({ wellFormed: true, request: { path } });
  });

  it.each<[string, string]>([
    ['a user with spaces', LINE.replace('ada', 'Ada King')],
    ['fields behind the user agent', `${LINE} "0.123" upstream`],
    ['an empty user agent', LINE.replace('curl/8', '')],
  ])('should accept %s', (_, line) => {
    expect(parse(line).wellFormed).toBe(true);
  });

  it('should keep what stands before a break', () => {
    expect(parse(LINE.slice(0, -1))).toEqual({
      wellFormed: false,
      request: { host: '::1', hour: '23', path: '/a', status: '404' },
    });
  });

  it.each<[string, string]>([
    ['an empty line', ''],
    ['another format', '2015-05-17 23:05:03 GET /a 404'],
    ['a status of two digits', LINE.replace('404', '40')],
    ['a status of four digits', LINE.replace('404', '4040')],
    ['words before the host', `x ${LINE.replace(' - ada', ' - - ada')}`.replace('[', '')],
  ])('should get nothing from %s', (_, line) => {
    expect(parse(line)).toEqual({ wellFormed: false, request: {} });
  });
});

describe('classify', () => {
  it.each<[string, Partial<Request>]>([
    ['page', {}],
    ['page', { path: '/robots' }],
    ['page', { path: '/blog/what-is.css-about' }],
    ['page', { agent: 'Abbott/1.0' }],
    ['asset', { path: '/style.CSS' }],
    ['asset', { path: '/a/b.woff2', status: '304' }],
    ['robot', { agent: 'Googlebot/2.1' }],
    ['robot', { agent: 'Googlebot/2.1', path: '/style.css' }],
    ['robot', { path: '/robots.txt' }],
    ['error', { status: '400' }],
    ['error', { status: '503', agent: 'Googlebot/2.1' }],
  ])('should call it %s: %j', (kind, changed) => {
    expect(classify(request(changed))).toBe(kind);
  });
});

describe('optionsFrom', () => {
  const quiet = { file: undefined, workers: 1, json: false, help: false };

  it.each<[string[], object]>([
    [[], quiet],
    [['a.log', '--workers', '8', '--json'], { ...quiet, file: 'a.log', workers: 8, json: true }],
    [['-', '--workers=2'], { ...quiet, file: '-', workers: 2 }],
    [['--', '--json'], { ...quiet, file: '--json' }],
    [['-h'], { ...quiet, help: true }],
  ])('should read %j', (args, options) => {
    expect(optionsFrom(args)).toEqual(options);
  });

  it.each<[string[], string]>([
    [['--wrokers', '3'], "Unknown option '--wrokers' (see --help)."],
    [['a.log', 'b.log'], 'Give one log, not 2 (see --help).'],
    [['--workers', '0'], "--workers takes a whole number from 1 up, not '0'."],
    [['--workers', '1.5'], "--workers takes a whole number from 1 up, not '1.5'."],
    [['--workers', 'many'], "--workers takes a whole number from 1 up, not 'many'."],
    [['--workers='], "--workers takes a whole number from 1 up, not ''."],
    [['--workers', '9007199254740993'], "--workers takes a whole number from 1 up, not '9007199254740993'."],
    [['--workers'], "Option '--workers <value>' argument missing (see --help)."],
    [['--workers', '-3'], "Option '--workers' argument is ambiguous (see --help)."],
    [['--json=yes'], "Option '--json' does not take an argument (see --help)."],
  ])('should refuse %j in one sentence', (args, sentence) => {
    expect(() => optionsFrom(args)).toThrow(new Error(sentence));
  });
});

describe('openLog', () => {
  it.each<[string, string, string]>([
    ['nothing', '', 'there is no such file'],
    ['a path through a file', `${__filename}/x`, 'there is no such file'],
  ])('should say why it cannot open %s', async (_, path, reason) => {
    await expect(openLog(path)).rejects.toMatchObject({ name: 'LogError', message: reason });
  });
});

describe('Log', () => {
  const batchesOf = async (...chunks: readonly (string | Buffer)[]): Promise<readonly Batch[]> => {
    const log = new Log(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), 0);
    const batches: Batch[] = [];
    for (let batch = await log.next(); batch !== undefined; batch = await log.next()) batches.push(batch);
    return batches;
  };

  const linesOf = async (...chunks: readonly (string | Buffer)[]): Promise<readonly string[]> =>
    (await batchesOf(...chunks)).flatMap(({ lines }) => lines);

  it('should number the first line of each batch', async () => {
    expect(await batchesOf('a\nb\nc', 'd\ne', '\n', 'f')).toEqual([
      { first: 1, lines: ['a', 'b'] },
      { first: 3, lines: ['cd'] },
      { first: 4, lines: ['e'] },
      { first: 5, lines: ['f'] },
    ]);
  });

  it.each(Array.from({ length: 8 }, (_, cut) => [cut]))('should join what chunks have torn apart (at byte %i)', async (cut) => {
    const bytes = Buffer.from('ä\r\n€\nz');
    expect(await linesOf(bytes.subarray(0, cut), bytes.subarray(cut))).toEqual(['ä', '€', 'z']);
  });

  it('should cut a line that is longer than any request, and only that one', async () => {
    const [before, long, after] = await linesOf('a\n', ...Array<string>(100).fill('x'.repeat(1_000)), '\nb');
    expect([before, long?.length, after]).toEqual(['a', 65_536, 'b']);
  });

  it.each<[string, Buffer, string]>([
    ['two bytes', gzipSync('a').subarray(0, 2), 'its gzip data is cut off'],
    ['all but the last byte', gzipSync('a').subarray(0, -1), 'its gzip data is cut off'],
    [
      'a checksum that is wrong',
      gzipSync('a').map((byte, at, { length }) => (at === length - 8 ? byte ^ 1 : byte)) as Buffer,
      'its gzip data is damaged',
    ],
  ])('should say what is wrong with a gzip of %s', async (_, bytes, reason) => {
    await expect(
      batchesOf(
        ...bytes
          .toString('latin1')
          .split('')
          .map((byte) => Buffer.from(byte, 'latin1')),
      ),
    ).rejects.toMatchObject({ name: 'LogError', message: reason });
  });

  it('should read no further than it is asked to', async () => {
    let given = 0;
    const endless = function* (): Generator<Buffer> {
      for (;;) {
        given++;
        yield Buffer.from('a\n');
      }
    };
    const log = new Log(Readable.from(endless(), { highWaterMark: 1 }), 0);
    for (let asked = 0; asked < 10; asked++) await log.next();
    expect(given).toBeLessThan(20);
    log.close();
  });
});

describe('the flow over a log', () => {
  const BATCHES = 200;
  const PER_BATCH = 50;

  /** A source that is always faster than the flow. */
  class QuickLog extends Log {
    asked = 0;
    mostWaiting = 0;
    waiting: () => number = () => 0;

    constructor() {
      super(Readable.from([]), 0);
    }

    override next(): Promise<Batch | undefined> {
      this.mostWaiting = Math.max(this.mostWaiting, this.waiting());
      const first = this.asked++ * PER_BATCH + 1;
      return Promise.resolve(this.asked > BATCHES ? undefined : { first, lines: Array<string>(PER_BATCH).fill(LINE) });
    }
  }

  it.each([1, 8])('should never read ahead of itself with %i worker(s)', async (maxWorkers) => {
    const [reader, parser, router, byHost] = [new Reader(), new Parser(), new Router(), countBy('host')];
    const flow = new Flow({ maxWorkers });
    for (const [id, routine] of Object.entries({ reader, parser, router, byHost })) flow.addRoutine(routine, id);
    flow.connect(reader.lines, parser.lines);
    flow.connect(parser.request, router.request);
    flow.connect(router.error, byHost.slot('counted'));
    flow.connect(parser.done, reader.next);

    const log = new QuickLog();
    const job = flow.start('reader', { log });
    log.waiting = () => job.state.pendingTasks.length;
    const state = await job.done;

    expect(state.status).toBe('completed');
    expect(state.routineState('byHost')?.['counts']).toEqual(new Map([['::1', BATCHES * PER_BATCH]]));
    // A batch on each of the levels below the parser, at the very most.
    expect(log.mostWaiting).toBeLessThanOrEqual(3 * PER_BATCH);
    expect(log.mostWaiting).toBeGreaterThan(0);
  });

  it('should keep the counts of two jobs apart', async () => {
    const byHost = countBy('host');
    byHost.defineSlot('trigger', (data, ctx) => {
      ctx.emit('again', data);
    });
    byHost.defineEvent('again');
    const flow = new Flow();
    flow.addRoutine(byHost, 'byHost');
    flow.connect('byHost', 'again', 'byHost', 'counted');
    const states = await Promise.all(['a', 'b'].map((host) => flow.execute('byHost', { host, kind: 'page' })));
    expect(states.map((state) => state.routineState('byHost')?.['counts'])).toEqual([new Map([['a', 1]]), new Map([['b', 1]])]);
  });

  it('should count what comes after 100,000 different keys together', async () => {
    const router = new Router();
    router.defineSlot('trigger', (_, ctx) => {
      for (let n = 0; n < 100_003; n++) ctx.emit('page', { ...request({ host: `h${String(n % 100_002)}` }), kind: 'page' });
    });
    const byHost = countBy('host');
    const flow = new Flow();
    flow.addRoutine(router, 'router');
    flow.addRoutine(byHost, 'byHost');
    flow.connect(router.page, byHost.slot('counted'));
    const counts = (await flow.execute('router')).routineState('byHost')?.['counts'] as Map<string, number>;
    expect([counts.size, counts.get('(others)'), counts.get('h0'), counts.get('h100000')]).toEqual([100_001, 2, 2, undefined]);
  });
});
