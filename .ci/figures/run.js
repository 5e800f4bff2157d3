// The figures of the house: how long, how wide, how entangled the sources are, and how far a payload travels through them.
//
//   npm run figures                          of this checkout, whose package it builds
//   npm run figures -- ../before             beside another checkout, whose package is built
//   npm run figures -- --names               also who is in a circle, whose imports point down, and the way of a payload
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { houseOf } from './house.js';
import { movesIn } from './moves.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

const withName = ([name, count]) => `${count} (${name})`;

const bothWays = ({ byValue, byType }) => `${byValue.length}, ${byType.length}`;

const ROWS = {
  files: ({ house }) => `${house.files}`,
  'longest file, in lines': ({ house }) => withName(house.longestFile),
  'widest class, in public members': ({ house }) => withName(house.widestClass),
  'files in circles: by value, with types': ({ house }) => bothWays(house.circles),
  'imports that point down: by value, with types': ({ house }) => bothWays(house.down),
  'calls from an emit to the next handler': ({ moves }) => `${moves.unwatched.calls}`,
  'moves between files on that way': ({ moves }) => `${moves.unwatched.moves}`,
  'of these, back into a file already left': ({ moves }) => `${moves.unwatched.returns}`,
  'files on that way': ({ moves }) => `${moves.unwatched.files}`,
  'the one that is entered most': ({ moves }) => withName(moves.unwatched.busiest),
  'calls, moves, returns with a watcher of record$': ({ moves: { watched } }) =>
    [watched.calls, watched.moves, watched.returns].join(', '),
};

const figuresOf = async (folder) => {
  if (!existsSync(join(folder, 'dist/esm/index.js')))
    throw new Error(`The package in ${folder} is not built: npm run build there`);
  return { name: basename(folder), house: houseOf(folder), moves: await movesIn(folder) };
};

const print = (table) => {
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  for (const row of table) console.log(`| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`);
};

const printNames = ({ name, house, moves }) => {
  const lists = {
    'in circles by value': house.circles.byValue,
    'in circles with types': house.circles.byType,
    'imports that point down': house.down.byType,
    'the way of a payload': moves.unwatched.way,
  };
  for (const [title, list] of Object.entries(lists)) console.log(`\n${name}, ${title}:\n  ${list.join('\n  ')}`);
};

const args = process.argv.slice(2);
// npm runs scripts in the root, whoever calls it from where.
const others = args.filter((arg) => !arg.startsWith('--')).map((arg) => resolve(process.env.INIT_CWD ?? '.', arg));
const all = [];
for (const folder of [...others, root]) all.push(await figuresOf(folder));
const head = ['', ...all.map(({ name }) => name)];
print([head, head.map(() => '---'), ...Object.entries(ROWS).map(([title, cell]) => [title, ...all.map(cell)])]);
if (args.includes('--names')) all.forEach(printNames);
