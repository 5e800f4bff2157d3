/** Holds the tables of `docs/failing.md` against the catalogues of errors. */
import { readFileSync } from 'node:fs';

const CATALOGUES = {
  FlowError: 'lib/flow/FlowError.ts',
  JobError: ['lib/job/JobError.ts', 'lib/job/durableError.ts'],
  RuntimeError: 'lib/runtime/RuntimeError.ts',
  StoreError: 'lib/wire/StoreError.ts',
  WireError: 'lib/wire/WireError.ts',
  FileError: 'lib/node/FileError.ts',
};

const read = (path: string): string => readFileSync(path, 'utf8');

/** The codes of a catalogue; those that are marked as retriable have ↻ behind them. */
const codesIn = (source: string): readonly string[] => {
  const retriable = /const RETRIABLE.* = \[(.*)\];/.exec(source)?.[1] ?? '';
  return [...source.matchAll(/^ {2}([A-Z_]+): \(/gm)].map(([, code = '']) =>
    retriable.includes(`'${code}'`) ? `${code} ↻` : code,
  );
};

/** The first column of the table whose head names the class. */
const rowsOf = (kind: string): readonly string[] => {
  const [, table = ''] = new RegExp(`^\\| \`${kind}\` .*\n\\|[- |]+\n((?:\\|.*\n)+)`, 'm').exec(read('docs/failing.md')) ?? [];
  return [...table.matchAll(/^\| `(\w+)`( ↻)? /gm)].map(([, code = '', mark = '']) => `${code}${mark}`);
};

describe('the tables of error codes', () => {
  it.each(Object.entries(CATALOGUES))('should have every code of a %s, each once, and no other', (kind, path) => {
    const codes = [path].flat().flatMap((one) => codesIn(read(one)));
    expect(codes.length).toBeGreaterThan(2);
    expect([...rowsOf(kind)].sort()).toEqual([...codes].sort());
  });

  it('should mark those that may succeed later', () => {
    expect(codesIn("  A: (d) => '',\n  B: () => '',\nconst RETRIABLE: readonly string[] = ['B'];\n")).toEqual(['A', 'B ↻']);
    expect(rowsOf('JobError')).toContain('TIMEOUT ↻');
  });
});
