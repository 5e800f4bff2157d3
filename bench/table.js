import { before, OURS } from './contenders.js';

const PEERS = ['naive RxJS', 'fastq', 'async.queue', 'p-queue', 'XState'];
const columns = () => ['floor', ...PEERS, ...Object.keys(OURS), ...(before() === undefined ? [] : ['before'])];

const number = (value) => {
  if (Math.abs(value) >= 99.5) return String(Math.round(value));
  return value.toFixed(Math.abs(value) < 10 ? 2 : 1);
};

const times = (value) => `${number(value)}×`;
const quantity = (value, unit) => `${number(value)} ${unit}`;

const verdictOf = (value, { atMost, stretch }) => {
  if (!(value <= atMost)) return '✗';
  return stretch !== undefined && value <= stretch ? '★' : '✓';
};

const goalText = ({ atMost, stretch }, render) => `≤ ${render(atMost)}${stretch === undefined ? '' : ` (${render(stretch)})`}`;

/** How a measured value of a workload is compared and shown. */
const scaleOf = ({ over = 'floor', unit = 'ns' }) => {
  if (over === 'nothing')
    return { of: (value) => value, show: (value) => quantity(value, unit), goal: (value) => `${value} ${unit}` };
  const of = over === 'floor' ? (value, floor) => value / floor : (value) => value / over;
  return { of, show: times, goal: (value) => `${value}×` };
};

const caseRow = (workload, each, results) => {
  const scale = scaleOf(workload);
  const floor = results.floor.median;
  const compared = (name) => scale.of(results[name].median, floor);
  const cells = {};
  for (const column of columns()) {
    const result = results[column];
    if (result !== undefined) cells[column] = result.status === 'ok' ? scale.show(compared(column)) : result.status;
  }
  if (workload.over === undefined) cells.floor = quantity(floor, workload.unit ?? 'ns');
  const value = compared('default');
  return row(each.name, cells, each.goal, value, scale.goal);
};

const row = (label, cells, goal, value, render) => ({
  label,
  cells,
  value,
  ...(goal && { goal: goalText(goal, render), verdict: verdictOf(value, goal) }),
});

const variantRow =
  (results) =>
  ([name, { goal, against = 'floor' }]) => {
    const value = results[name].median / results[against].median;
    const suffix = against === 'floor' ? '' : ` ${against}`;
    return row(`  ${name}`, { default: `${times(value)}${suffix}` }, goal, value, (limit) => `${limit}×`);
  };

const derivedRow =
  (resultsOf) =>
  ({ label, goal, of }) => {
    const at = (column) => ({
      cost: (name) => resultsOf(name)[column].median,
      ratio: (name) => resultsOf(name)[column].median / resultsOf(name).floor.median,
    });
    const cells = Object.fromEntries(Object.keys(OURS).map((column) => [column, times(of(at(column)))]));
    return row(`  ${label}`, cells, goal, of(at('default')), (limit) => `${limit}×`);
  };

/** The rows of a measured workload; `value` is that of our default settings, as compared with the goal. */
export const rowsOf = (workload, measured) => {
  const resultsOf = (name) => measured[workload.cases.findIndex((each) => each.name === name)];
  return [
    ...workload.cases.flatMap((each, at) => [
      caseRow(workload, each, measured[at]),
      ...Object.entries(workload.variants ?? {}).map(variantRow(measured[at])),
    ]),
    ...(workload.derived ?? []).map(derivedRow(resultsOf)),
  ];
};

const LABEL = 42;
const CELL = 12;

const line = (label, cells, goal = '', verdict = '') =>
  `${label.padEnd(LABEL)}${cells.map((cell) => cell.padStart(CELL)).join('')}   ${goal.padEnd(16)} ${verdict}`.trimEnd();

/** Title and rows of a workload as text. */
export const block = ({ id, title }, rows) => {
  const lines = rows.map(({ label, cells, goal, verdict }) =>
    line(
      `  ${label}`,
      columns().map((column) => cells[column] ?? ''),
      goal,
      verdict,
    ),
  );
  return [`${id}  ${title}`, ...lines, ''].join('\n');
};

export const head = () => {
  const names = line('', columns(), 'goal (stretch)');
  return [names, '─'.repeat(names.length), ''].join('\n');
};

export const legend = () =>
  [
    'floor: time per task, or the value itself. Others: × floor, less is better; default, lean and before are ours.',
    '✓ goal met by the default settings, ★ stretch goal met, ✗ not met.',
    '',
  ].join('\n');
