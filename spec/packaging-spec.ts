import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { build } from 'esbuild';

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, unknown>;

/** Every file that a value of the manifest names, however deep. */
const filesIn = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(filesIn) : [];
};

/** What a small ES module says that runs in a Node of its own, which has to end by itself. */
const said = (script: string): unknown =>
  JSON.parse(execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8', timeout: 120_000 }));

/** The files of `dist` of which a bundler takes something up for a platform. */
const bundled = async (platform: 'browser' | 'node', contents = "export * from 'routilux';"): Promise<readonly string[]> => {
  const { metafile } = await build({
    stdin: { contents, resolveDir: '.' },
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform,
    tsconfigRaw: {},
    external: ['rxjs', 'fp-ts', 'io-ts'],
  });
  const [{ inputs }] = Object.values(metafile.outputs) as [(typeof metafile.outputs)[string]];
  return Object.keys(inputs).filter((path) => path.startsWith('dist/') && (inputs[path]?.bytesInOutput ?? 0) > 0);
};

/** What `npm run build` has made; the packed package is tried in `npm run smoke`. */
describe('the built package', () => {
  it('should have every file that its package.json names', () => {
    const named = ['main', 'module', 'types', 'exports', 'imports'].flatMap((field) => filesIn(manifest[field]));
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((path) => !existsSync(path))).toEqual([]);
  });

  it('should be one copy of every class, imported or required', () => {
    const script = `
      import { createRequire } from 'node:module';
      import * as imported from 'routilux';
      const required = createRequire(import.meta.url)('routilux');
      const names = Object.keys(required);
      const { Flow, ErrorHandler } = required;
      const flow = new imported.Flow().setErrorHandler(new ErrorHandler({ strategy: 'skip' }));
      console.log(JSON.stringify({
        named: names.length === Object.keys(imported).length,
        twice: names.filter((name) => imported[name] !== required[name]),
        taken: flow instanceof Flow,
      }));`;
    expect(said(script)).toEqual({ named: true, twice: [], taken: true });
  });

  it('should be few files in Node, with the classes that the entry points share in one of them', () => {
    const script = `
      import { createRequire } from 'node:module';
      import { dirname, relative } from 'node:path';
      const require = createRequire(import.meta.url);
      const folder = dirname(require.resolve('routilux'));
      for (const entry of ['', '/node', '/rx', '/testing']) require('routilux' + entry);
      console.log(JSON.stringify(Object.keys(require.cache).map((path) => relative(folder, path)).filter((path) => !path.startsWith('.'))));`;
    const files = said(script) as readonly string[];
    const isFlowIn = (file: string): boolean => /^class Flow /m.test(readFileSync(`dist/cjs/${file}`, 'utf8'));
    expect(files).toContain('core.cjs');
    expect(files.filter(isFlowIn)).toEqual(['core.cjs']);
    expect(files.length).toBeLessThan(10);
  });

  it('should find the job after an await, and let the process end by itself', () => {
    const script = `
      import { Flow, Routine, currentContext } from 'routilux';
      const routine = new Routine();
      let found;
      routine.defineSlot('trigger', async () => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        found = currentContext()?.routineId;
      });
      const flow = new Flow();
      flow.addRoutine(routine, 'here');
      const { status } = await flow.execute('here');
      console.log(JSON.stringify({ status, found }));`;
    expect(said(script)).toEqual({ status: 'completed', found: 'here' });
  });

  it('should give a bundle for the browser nothing of Node', async () => {
    const files = await bundled('browser');
    expect(files).toContain('dist/esm/Flow.js');
    expect(files.filter((path) => path.includes('asyncContext'))).toEqual(['dist/esm/prelude/asyncContext.none.js']);
    expect(files.filter((path) => path.startsWith('dist/cjs/'))).toEqual([]);
  });

  it('should give a page without a registry nothing that reads a flow', async () => {
    const files = await bundled('browser', "export { Flow, Routine } from 'routilux';");
    expect(files).toContain('dist/esm/wire/writeFlow.js');
    expect(files.filter((path) => /(Registry|readFlow)\.js$/.test(path))).toEqual([]);
  });

  it('should give a bundle for Node the async context', async () => {
    const files = await bundled('node');
    expect(files.filter((path) => path.includes('asyncContext'))).toEqual(['dist/cjs/prelude/asyncContext.node.cjs']);
  });
});
