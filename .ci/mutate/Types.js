// What the compiler knows of the sources, and whether it would let a mutation pass.
import { join } from 'node:path';
import ts from 'typescript';

const F = ts.TypeFlags;

const partsOf = (type) => (type.isUnion() ? type.types : [type]);

const FALSY = F.StringLike | F.NumberLike | F.BooleanLike | F.BigIntLike | F.Any | F.Unknown | F.TypeParameter | F.Void;

export class Types {
  #changed = new Map();
  #versions = new Map();

  /** `root` is the folder of tsconfig.json, `extra` are files that are not on the disk, by their path below it. */
  constructor(root, files, extra = {}) {
    this.root = root;
    this.extra = extra;
    const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent({ ...config, files, include: undefined }, ts.sys, root);
    this.service = ts.createLanguageService(this.#host(options, files));
  }

  #textOf(file) {
    const name = file.slice(this.root.length + 1);
    if (this.#changed.has(name)) return this.#changed.get(name);
    if (Object.hasOwn(this.extra, name)) return this.extra[name];
    return ts.sys.readFile(file);
  }

  #host(options, files) {
    return {
      getCompilationSettings: () => options,
      getScriptFileNames: () => [...files, ...Object.keys(this.extra)].map((file) => join(this.root, file)),
      getScriptVersion: (file) => String(this.#versions.get(file) ?? 0),
      getScriptSnapshot: (file) => {
        const text = this.#textOf(file);
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
      },
      getCurrentDirectory: () => this.root,
      getDefaultLibFileName: ts.getDefaultLibFilePath,
      fileExists: (file) => Object.hasOwn(this.extra, file.slice(this.root.length + 1)) || ts.sys.fileExists(file),
      readFile: (file) => this.#textOf(file),
      directoryExists: ts.sys.directoryExists,
      getDirectories: ts.sys.getDirectories,
    };
  }

  sourceOf(file) {
    return this.service.getProgram().getSourceFile(join(this.root, file));
  }

  get #checker() {
    return this.service.getProgram().getTypeChecker();
  }

  /** Whether a value may be of a kind that has a falsy one beside undefined and null. */
  maybeFalsy(node) {
    return partsOf(this.#checker.getTypeAtLocation(node)).some(({ flags }) => (flags & FALSY) !== 0);
  }

  /** Texts of constants that an expression might be. */
  constantsLike(node) {
    const checker = this.#checker;
    const [first, ...rest] = partsOf(checker.getTypeAtLocation(node));
    const all = (flag) => [first, ...rest].every(({ flags }) => (flags & flag) !== 0);
    if (all(F.BooleanLike)) return ['true', 'false'];
    if (all(F.NumberLike)) return ['0'];
    if (all(F.StringLike)) return ["''"];
    if (checker.isArrayLikeType(first) && rest.length === 0) return ['[]'];
    return ['undefined'];
  }

  /** Whether the compiler finds nothing in the file itself: what it finds in others it would find there, too, in most cases. */
  accepts({ file, text }) {
    const path = join(this.root, file);
    this.#change(file, path, text);
    const faults = [...this.service.getSyntacticDiagnostics(path), ...this.service.getSemanticDiagnostics(path)];
    this.#change(file, path, undefined);
    return faults.length === 0;
  }

  #change(file, path, text) {
    if (text === undefined) this.#changed.delete(file);
    else this.#changed.set(file, text);
    this.#versions.set(path, (this.#versions.get(path) ?? 0) + 1);
  }
}
