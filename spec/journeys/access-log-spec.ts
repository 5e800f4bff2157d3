import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { ended, EXAMPLES, runExample, startExample } from '../support/runExample.js';

const GZIPPED = readFileSync(join(EXAMPLES, 'data/apache_access.log.gz'));
const PLAIN = gunzipSync(GZIPPED);
const MALFORMED_LINE = 8899;

// Every test starts processes, which on a busy machine take their time.
const folder = mkdtempSync(join(tmpdir(), 'access-log-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const file = (name: string, content: Buffer | string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

interface Top {
  readonly distinct: number;
  readonly top: readonly { readonly name: string; readonly requests: number }[];
}

interface Figures {
  readonly log: string;
  readonly lines: number;
  readonly malformed: { readonly count: number; readonly first: readonly { readonly line: number; readonly text: string }[] };
  readonly kinds: Readonly<Record<string, number>>;
  readonly status: Readonly<Record<string, number>>;
  readonly hours: readonly number[];
  readonly hosts: Top;
  readonly paths: Top;
}

const accessLog = (args: readonly string[], input?: Buffer | string) => runExample('access-log.ts', args, input);

const figuresOf = async (args: readonly string[] = [], input?: Buffer | string): Promise<Figures> => {
  const { code, stdout } = await accessLog([...args, '--json'], input);
  expect(code).toBe(0);
  return JSON.parse(stdout) as Figures;
};

// ── the same figures, counted another way ─────────────────────────────────────────────────────────────────────────

const lines = PLAIN.toString('latin1').trimEnd().split('\n');

/** How often each first match of a pattern occurs, the most frequent first, then by name. */
const recount = (pattern: RegExp): [string, number][] => {
  const counts = new Map<string, number>();
  for (const line of lines) {
    const key = pattern.exec(line)?.[1] ?? 'none';
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
};

const topOf = (pattern: RegExp): Top => {
  const counts = recount(pattern);
  return { distinct: counts.length, top: counts.slice(0, 10).map(([name, requests]) => ({ name, requests })) };
};

const EXPECTED = {
  lines: 10_000,
  malformed: { count: 1, first: [{ line: MALFORMED_LINE, text: lines[MALFORMED_LINE - 1] }] },
  status: { 200: 9126, 206: 45, 301: 164, 304: 445, 403: 2, 404: 213, 416: 2, 500: 3 },
  hours: Array.from({ length: 24 }, (_, hour) => new Map(recount(/:(\d\d):\d\d:\d\d /)).get(String(hour).padStart(2, '0')) ?? 0),
  hosts: topOf(/^(\S+)/),
  paths: topOf(/"[A-Z]+ ([^ ?#"]*)/),
};

describe('access-log', () => {
  const plain = file('plain.log.gz', PLAIN);
  const members = file('members.log', Buffer.concat([gzipSync(PLAIN.subarray(0, 12_345)), gzipSync(PLAIN.subarray(12_345))]));

  it.each<[string, string[], Buffer?]>([
    ['eight workers', ['--workers', '8']],
    ['a plain file, whatever it is called', [plain]],
    ['a gzip file of several members, whatever it is called', [members, '--workers=3']],
    ['plain standard input', ['-'], PLAIN],
    ['gzip on standard input', ['-', '--workers', '8'], GZIPPED],
  ])('should find the known figures in %s', async (...[, args, input]) => {
    expect(await figuresOf(args, input)).toMatchObject(EXPECTED);
  });

  it('should agree with a count by the status field alone', () => {
    expect(Object.fromEntries(recount(/" (\d{3}) /))).toEqual(EXPECTED.status);
  });

  it('should find them in the log that comes with it, and put every line in one kind', async () => {
    const figures = await figuresOf();
    const { kinds } = figures;
    expect(figures).toMatchObject(EXPECTED);
    expect(Object.keys(kinds).sort()).toEqual(['asset', 'error', 'malformed', 'page', 'robot']);
    expect(Object.values(kinds).reduce((total, count) => total + count, 0)).toBe(10_000);
    expect(kinds).toMatchObject({ malformed: 1, error: 213 + 3 + 2 + 2 });
  });

  it('should end with tables that can be read, and plain lines of progress where there is no terminal', async () => {
    const { code, stdout, stderr } = await accessLog([]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^([\d,]+ lines read\n)*10,000 lines read\n$/);
    for (const line of [
      /^data\/apache_access\.log\.gz: 10,000 lines, 1 malformed$/m,
      /^ {2}200 +9,126 {2}█{40}$/m,
      /^ {2}404 +213 {2}█$/m,
      /^ {2}66\.249\.73\.135 +482 {2}█{40}$/m,
      /^ {2}line 8899: 46\.118\.127\.106 /m,
    ]) {
      expect(stdout).toMatch(line);
    }
  });

  it('should print its usage on --help', async () => {
    const { code, stdout, stderr } = await accessLog(['--help']);
    expect([code, stderr]).toEqual([0, '']);
    for (const word of ['--workers N', '--json', '--help', 'standard input']) expect(stdout).toContain(word);
  });

  // ── logs as they come ───────────────────────────────────────────────────────────────────────────────────────────

  const GOOD = '::1 - ada [17/May/2015:23:05:03 +0000] "GET /a?b=c HTTP/1.1" 404 - "-" "curl/8"';

  const ODD: readonly (readonly [string, string | Buffer, boolean])[] = [
    ['a byte order mark', `\uFEFF${GOOD}`, true],
    ['the newlines of Windows', `${GOOD}\r`, true],
    ['a blank line', '', false],
    ['a line of 3 MB', 'x'.repeat(3_000_000), false],
    ['a request of 3 MB', GOOD.replace('/a', 'a'.repeat(3_000_000)), false],
    ['bytes that are no text', Buffer.from([0xff, 0x00, 0xfe, 0x80]), false],
    ['a path that is no text', Buffer.from(GOOD.replace('/a', '/\xff'), 'latin1'), true],
    ['quotes inside a request', GOOD.replace('/a', '/\\"quoted\\"'), true],
    ['a request that is none', GOOD.replace('GET /a?b=c HTTP/1.1', '-'), true],
    ['keys that mean something elsewhere', GOOD.replace('::1', '__proto__').replace('/a', 'constructor'), true],
    ['no newline at the end', GOOD, true],
  ];

  it('should survive whatever stands in a log', async () => {
    const content = Buffer.concat(ODD.flatMap(([, line], at) => [Buffer.from(at === 0 ? '' : '\n'), Buffer.from(line)]));
    const figures = await figuresOf(['-'], content);
    const malformed = ODD.flatMap(([, , good], at) => (good ? [] : [at + 1]));
    expect(figures).toMatchObject({ lines: ODD.length, malformed: { count: malformed.length } });
    expect(figures.malformed.first.map(({ line }) => line)).toEqual(malformed);
    expect(figures.status).toEqual({ 404: ODD.length - malformed.length });
    expect(figures.hours[23]).toBe(ODD.length - malformed.length);
    expect(figures.hosts.top).toContainEqual({ name: '__proto__', requests: 1 });
  });

  it('should never let a log steer the terminal', async () => {
    const { stdout } = await accessLog(['-'], `${GOOD.replace('/a', '/\u001b[31mred\u0007')}\n\u001b[2Jgone\n`);
    expect(stdout).toContain('/·[31mred·');
    expect(stdout).toContain('line 2: ·[2Jgone');
    // eslint-disable-next-line no-control-regex -- these are what must not be there
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
  });

  // ── what cannot be done ─────────────────────────────────────────────────────────────────────────────────────────

  const damaged = Buffer.concat([GZIPPED.subarray(0, 1_000), Buffer.alloc(500, 0xaa)]);
  const noise = 'this is not a log\n'.repeat(50_000);

  it.each<[string, string[], string, string, Buffer?]>([
    ['a missing file', [join(folder, 'nowhere')], 'nowhere', 'there is no such file'],
    ['a directory', [folder], folder, 'it is a directory'],
    ['a gzip that is cut off', [file('cut', GZIPPED.subarray(0, 100_000))], 'cut', 'its gzip data is cut off'],
    ['a damaged gzip', [file('damaged', damaged)], 'damaged', 'its gzip data is damaged'],
    ['an empty file', [file('empty', '')], 'empty', 'it is empty'],
    ['a file that is no log', [file('text', 'hello\nworld\n')], 'text', 'none of its lines is in the combined format'],
    ['a long file that is no log', [file('noise', noise)], 'noise', 'lines is in the combined format'],
    ['a gzip cut off on standard input', ['-'], 'standard input', 'its gzip data is cut off', GZIPPED.subarray(0, 100_000)],
  ])('should say in one sentence that it cannot read %s', async (...[, args, name, reason, input]) => {
    const { code, stdout, stderr } = await accessLog(args, input);
    const sentence = stderr.replace(/^([\d,]+ lines read\n)+/, '');
    expect([code, stdout]).toEqual([1, '']);
    expect(sentence).toMatch(/^Cannot read .+\.\n$/);
    expect(sentence).toContain(name);
    expect(sentence).toContain(`${reason}.`);
  });

  it.each<[string[], string]>([
    [['--wrokers', '3'], "Unknown option '--wrokers' (see --help)."],
    [['--workers', '0'], "--workers takes a whole number from 1 up, not '0'."],
  ])('should refuse %j in one sentence', async (args, sentence) => {
    expect(await accessLog(args)).toEqual({ code: 2, stdout: '', stderr: `${sentence}\n` });
  });

  it('should be quiet when nobody reads on (| head)', async () => {
    const child = startExample('access-log.ts');
    child.stdout.destroy();
    const { code, stderr } = await ended(child);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^([\d,]+ lines read\n)*$/);
  });

  it('should end at once on a standard input that is no log and goes on', async () => {
    const child = startExample('access-log.ts', ['-']);
    child.stdin.on('error', () => undefined);
    child.stdin.write(noise);
    const { code, stderr } = await ended(child);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^([\d,]+ lines read\n)*Cannot read standard input: it is no access log, .*\n$/);
  });
});
