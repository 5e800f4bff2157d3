// All mutations of a file of the sources, in their order. Types, imports and names of properties are no code that runs.
import ts from 'typescript';
import { kinds } from './kinds.js';

const isNoCode = (node) =>
  ts.isTypeNode(node) ||
  ts.isImportDeclaration(node) ||
  ts.isExportDeclaration(node) ||
  ts.isInterfaceDeclaration(node) ||
  ts.isTypeAliasDeclaration(node);

const isName = (node) => ts.isStringLiteral(node) && node.parent?.name === node;

const visit = (node, types, found) => {
  if (isNoCode(node) || isName(node)) return;
  for (const kind of kinds) for (const edit of kind(node, types)) found.push(edit);
  ts.forEachChild(node, (child) => visit(child, types, found));
};

const oneLine = (text) => text.replaceAll(/\s+/g, ' ');

/** `before` and `after` are the lines that change, `text` is the file with the mutation. */
const mutationOf = (file, source, { start, end, to }) => {
  const { text } = source;
  const from = text.lastIndexOf('\n', start - 1) + 1;
  const until = text.indexOf('\n', end) === -1 ? text.length : text.indexOf('\n', end);
  return {
    file,
    line: source.getLineAndCharacterOfPosition(start).line + 1,
    before: oneLine(text.slice(from, until)).trim(),
    after: oneLine(text.slice(from, start) + to + text.slice(end, until)).trim(),
    text: text.slice(0, start) + to + text.slice(end),
  };
};

/** `source` is a file of a program, `types` what its checker knows, see Types.js. */
export const mutationsIn = (file, source, types) => {
  const found = [];
  visit(source, types, found);
  const mutations = found.map((edit) => mutationOf(file, source, edit)).filter(({ text }) => text !== source.text);
  return [...new Map(mutations.map((mutation) => [mutation.text, mutation])).values()];
};
