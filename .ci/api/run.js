// Writes `docs/api` from the comments of the public names, a page per entry point: typedoc reads them, `theme.js` says how they look.
//
//   node .ci/api/run.js           writes it
//   node .ci/api/run.js --check   writes nothing, and fails if it is not what the sources say
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application } from 'typedoc';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const pages = join(root, 'docs/api');

const ENTRIES = ['routilux', 'rx', 'node', 'runtime', 'memory', 'testing'];
const OTHERWISE = { routilux: 'routilux', memory: 'routilux/store/memory' };
const importName = (name) => OTHERWISE[name] ?? `routilux/${name}`;

const OPTIONS = {
  entryPoints: ENTRIES.map((name) => join(here, 'entries', `${name}.ts`)),
  tsconfig: join(here, 'entries/tsconfig.json'),
  plugin: ['typedoc-plugin-markdown', join(here, 'theme.js')],
  theme: 'short',
  router: 'module',
  name: 'routilux',
  readme: 'none',
  disableSources: true,
  excludeExternals: true,
  excludePrivate: true,
  excludeProtected: true,
  sort: ['source-order'],
  sortEntryPoints: false,
  hideBreadcrumbs: true,
  hidePageHeader: true,
  useCodeBlocks: true,
  expandObjects: true,
  expandParameters: true,
  indexFormat: 'table',
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  tableColumnSettings: { hideDefaults: true, hideInherited: true, hideModifiers: true, hideOverrides: true },
  pageTitleTemplates: { index: () => 'API reference', module: ({ rawName }) => importName(rawName) },
  // What has no comment fails in spec/public-comments-spec.ts. Names that are not handed out are told where they are used.
  validation: { invalidLink: true, notExported: false, notDocumented: false },
  treatWarningsAsErrors: true,
  logLevel: 'Warn',
};

/** Without the odd space, and with the names of the index as they are imported. */
const tidy = (text) =>
  `${text
    .replace(/ +$/gm, '')
    .replace(/^\| \[(rx|node|runtime|memory|testing)\]/gm, (_, name) => `| [${importName(name)}]`)
    .replace(/\n{3,}/g, '\n\n')
    .trim()}\n`;

const write = async (folder) => {
  const app = await Application.bootstrapWithPlugins(OPTIONS);
  const project = await app.convert();
  if (project === undefined) throw new Error('the sources do not compile');
  app.validate(project);
  app.options.setValue('out', folder);
  await app.generateOutputs(project);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) throw new Error('a comment is wrong, see above');
  for (const name of readdirSync(folder)) writeFileSync(join(folder, name), tidy(readFileSync(join(folder, name), 'utf8')));
};

const textsIn = (folder) =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));

const check = async () => {
  const fresh = mkdtempSync(join(tmpdir(), 'routilux-api-'));
  try {
    await write(fresh);
    const [wanted, found] = [textsIn(fresh), textsIn(pages)];
    const stale = [...new Set([...Object.keys(wanted), ...Object.keys(found)])].filter((name) => wanted[name] !== found[name]);
    if (stale.length > 0) throw new Error(`docs/api is not what the comments say (${stale.join(', ')}): npm run api`);
    console.log('ok  docs/api is what the comments say');
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
};

try {
  await (process.argv.includes('--check') ? check() : write(pages));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
