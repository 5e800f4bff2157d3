/** Holds the page of the architecture against the sources: the files that it names, and the rooms. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLOSED, LAYERS } from './support/architecture.js';

const page = readFileSync('docs/architecture.md', 'utf8');

const isInUse = (room: string): boolean => existsSync(join('lib', room)) || room === 'doors' || room === 'index';

/** What the page says of each room: what it must not import, though that stands above it. */
const rooms = [...page.matchAll(/^\| `(\w+)` +\|[^|]+\|([^|]*)\|$/gm)].map(([, room = '', closed = '']) => [
  room,
  [...closed.matchAll(/`(\w+)`/g)].map(([, name]) => name),
]);

describe('docs/architecture.md', () => {
  it('should name files that are there', () => {
    const named = [...page.matchAll(/`(\w+\/[\w/]+\.ts)`/g)].map(([, path = '']) => path);
    expect(named.length).toBeGreaterThan(40);
    expect(named.filter((path) => !existsSync(join('lib', path)) && !existsSync(path))).toEqual([]);
  });

  it('should list all files of the engine, each in one group, and no other', () => {
    const [, table = ''] = /stand five groups:\n([\s\S]+?)\n\n[^|]/.exec(page) ?? [];
    const listed = [...table.matchAll(/`(\w+)`/g)].map(([, name]) => `${String(name)}.ts`);
    const files = readdirSync('lib/engine', { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(listed.sort()).toEqual(files.map(({ name }) => name).sort());
  });

  it('should list the rooms in their order, each with what is closed to it', () => {
    expect(rooms).toEqual(LAYERS.filter(isInUse).map((room) => [room, CLOSED[room] ?? []]));
  });

  it('should stay short', () => {
    expect(page.split('\n').length).toBeLessThan(250);
  });
});
