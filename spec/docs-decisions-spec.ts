/** Holds the index of the decisions against the pages. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = 'docs/decisions';

const read = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');

const pages = readdirSync(FOLDER).filter((name) => /^\d{4}-[a-z0-9-]+\.md$/.test(name));

/** What a page says of itself, as its row in the index has to say it. */
const rowOf = (name: string): readonly string[] => {
  const [, number, title] = /^# (\d+)\. (.+)$/m.exec(read(name)) ?? [];
  const [, status] = /^## Status\n\n(.+)\.$/m.exec(read(name)) ?? [];
  return [String(number), `[${String(title)}](${name})`, String(status)];
};

const rows = [...read('README.md').matchAll(/^\| +(\d+) +\| +(.+?) +\| +(.+?) +\|$/gm)].map(([, ...cells]) => cells);

describe('the index of the decisions', () => {
  it('should have a row for each page, with its number, title and status', () => {
    expect(pages.length).toBeGreaterThan(10);
    expect(rows).toEqual(pages.map(rowOf));
  });
});

describe.each(pages)('%s', (name) => {
  it('should bear its number in its name', () => {
    expect(rowOf(name)[0]).toBe(String(Number(name.slice(0, 4))));
  });

  it('should tell status, context, decision and consequences, in this order', () => {
    const headings = [...read(name).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(['Status', 'Context', 'Decision', 'Consequences']);
  });

  it('should be accepted, or replaced by a later page, wholly or in part', () => {
    const [, , status = ''] = rowOf(name);
    const [, later, target = ''] = /^(?:Superseded|Accepted; in part replaced) by \[(\d+)\]\((.+)\)$/.exec(status) ?? [];
    const isReplaced = pages.includes(target) && Number(later) === Number(target.slice(0, 4)) && target > name;
    expect(status === 'Accepted' || isReplaced).toBe(true);
  });
});
