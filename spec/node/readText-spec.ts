import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadJob, saveJob } from '../../lib/node/index.js';
import { flowOf } from '../support/flows.js';
import { ours, rejection } from '../support/thrown.js';

let folder = '';
let path = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'routilux-'));
  path = join(folder, 'job.json');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A job whose snapshot holds a text. */
const holding = async (text: string): Promise<object> => {
  const job = flowOf({ s: { slots: { trigger: (_, ctx) => ctx.setState({ text }) } } }, [], { flowId: 'filed' }).start('s');
  await job.done;
  return job.snapshot();
};

const MARK = [0xef, 0xbb, 0xbf];

const written = async (...parts: readonly (string | readonly number[])[]): Promise<string> => {
  await writeFile(path, Buffer.concat(parts.map((part) => Buffer.from(part as string))));
  return path;
};

describe('loadJob, the bytes of a file (G64)', () => {
  it.each(['', 'ü €', '🙂', '\uFEFF', '\uD800', '\uDC00\uD800', 'a\u0000b', '\u2028'])(
    'should give a text back as saveJob took it: %j',
    async (text) => {
      await saveJob(path, (await holding(text)) as never);
      expect((await loadJob(path)).routineState('s')).toMatchObject({ text });
    },
  );

  it('should read past one byte order mark', async () => {
    const snapshot = JSON.stringify(await holding('\uFEFFü'));
    const state = await loadJob(await written(MARK, snapshot));
    expect(state.routineState('s')).toMatchObject({ text: '\uFEFFü' });
    expect(JSON.stringify(state.toJSON())).toBe(snapshot);
  });

  it('should reject a mark alone, two of them, and one at the end, as what is no JSON', async () => {
    const snapshot = JSON.stringify(await holding('x'));
    for (const parts of [[MARK], [MARK, MARK, snapshot], [snapshot, MARK], ['']]) {
      const { code, details, cause } = ours(await rejection(loadJob(await written(...parts))));
      expect([code, details['path'], ours(cause).code]).toEqual(['BAD_FILE', path, 'BAD_JSON']);
    }
  });

  it.each<[string, (text: string) => readonly (string | readonly number[])[]]>([
    ['UTF-16', (text) => [[0xff, 0xfe], [...Buffer.from(text, 'utf16le')]]],
    ['UTF-16, the other way round', (text) => [[0xfe, 0xff], [...Buffer.from(text, 'utf16le').swap16()]]],
    ['UTF-32', () => [[0xff, 0xfe, 0x00, 0x00, 0x7b, 0x00, 0x00, 0x00]]],
    ['Latin-1', (text) => [[...Buffer.from(text, 'latin1')]]],
    ['a surrogate in three bytes', (text) => [text.slice(0, -1), ',"x":"', [0xed, 0xa0, 0x80], '"}']],
    ['a slash in two bytes', (text) => [text.slice(0, -1), ',"x":"', [0xc0, 0xaf], '"}']],
    ['a character past the last', (text) => [text.slice(0, -1), ',"x":"', [0xf4, 0x90, 0x80, 0x80], '"}']],
    ['a character cut in the middle', (text) => [text, [0xe2, 0x82]]],
    ['one bad byte behind a mark', (text) => [MARK, text, [0x80]]],
  ])('should reject what is no UTF-8, naming the file: %s', async (_, make) => {
    const snapshot = JSON.stringify(await holding('ü'));
    const error = ours(await rejection(loadJob(await written(...make(snapshot)))));
    expect([error.name, error.code, error.details['path']]).toEqual(['FileError', 'BAD_FILE', path]);
    expect(error.message).toContain(path);
    expect(error.message).toContain('UTF-8');
  });
});
