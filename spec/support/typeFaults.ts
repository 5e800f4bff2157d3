import { dirname, resolve } from 'node:path';
import ts from 'typescript';

/** Files that are nowhere on the disk, by their name, lie here for the compiler. */
const FOLDER = resolve(__dirname, 'written');

/** What the strict compiler says of files that a spec has in hand; they may import each other by their names, those of a folder too. */
export const typeFaults = (files: Readonly<Record<string, string>>): readonly string[] => {
  const texts = new Map(Object.entries(files).map(([name, text]) => [resolve(FOLDER, name), text]));
  const { config } = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path)) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, '.');
  const host = ts.createCompilerHost(options);
  const program = ts.createProgram([...texts.keys()], options, { ...host, ...over(host, texts) });
  return [...texts.keys()].flatMap((path) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(path))
      .map(({ messageText }) => `${path.slice(FOLDER.length + 1)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`),
  );
};

const over = (host: ts.CompilerHost, texts: ReadonlyMap<string, string>): Partial<ts.CompilerHost> => ({
  fileExists: (path) => texts.has(path) || host.fileExists(path),
  readFile: (path) => texts.get(path) ?? host.readFile(path),
  directoryExists: (path) => [...texts.keys()].some((file) => dirname(file) === path) || (host.directoryExists?.(path) ?? true),
  getSourceFile: (path, ...rest) => {
    const text = texts.get(path);
    return text === undefined ? host.getSourceFile(path, ...rest) : ts.createSourceFile(path, text, ts.ScriptTarget.ES2022);
  },
});
