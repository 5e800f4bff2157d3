// What is said of mutations that were tried.
const KEPT = 150;

const shortened = (text) => (text.length > KEPT ? `${text.slice(0, KEPT)} …` : text);

const middleOf = (text, at) => (at > KEPT / 2 ? `… ${text.slice(at - KEPT / 3)}` : text);

const differAt = (before, after) => {
  let at = 0;
  while (at < before.length && before[at] === after[at]) at++;
  return at;
};

/** `file:line  before → after`, shortened around what differs. */
export const lineOf = ({ file, line, before, after }) => {
  const at = differAt(before, after);
  return `${file}:${line}  ${shortened(middleOf(before, at))}  →  ${shortened(middleOf(after, at))}`;
};

const roomOf = (file) => {
  const [, room, ...rest] = file.split('/');
  return rest.length === 0 ? 'lib' : `lib/${room}`;
};

const VERDICTS = ['killed', 'survived', 'listed'];

const rowOf = (name, tried) => [
  name,
  tried.length,
  ...VERDICTS.map((verdict) => tried.filter((each) => each.verdict === verdict).length),
];

const drawn = (rows) => {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)));
  const cell = (text, column) => (column === 0 ? String(text).padEnd(widths[0]) : String(text).padStart(widths[column]));
  return rows.map((row) => row.map(cell).join('  ')).join('\n');
};

/** A table, a line per room: `tried` are mutations with their `verdict`. */
export const tableOf = (tried) => {
  const rooms = [...new Set(tried.map(({ file }) => roomOf(file)))].sort();
  const rows = rooms.map((room) =>
    rowOf(
      room,
      tried.filter(({ file }) => roomOf(file) === room),
    ),
  );
  return drawn([['room', 'mutants', ...VERDICTS], ...rows, rowOf('all', tried)]);
};

/** At most three of a hundred survive. */
export const isFine = (tried) => tried.filter(({ verdict }) => verdict === 'survived').length <= 0.03 * tried.length;
