// Packs what has been built, as it would be published; gives what npm says of the tarball, with its path.
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

export const packInto = (folder) => {
  const args = ['pack', '--silent', '--json', '--ignore-scripts', '--pack-destination', folder];
  const said = execFileSync('npm', args, { cwd: root, encoding: 'utf8', timeout: 300_000, stdio: ['ignore', 'pipe', 'inherit'] });
  const packed = JSON.parse(said);
  // npm 10 lists what it has packed; npm 11 may name it.
  const one = Array.isArray(packed) ? packed[0] : Object.values(packed)[0];
  return { ...one, tarball: join(folder, one.filename) };
};
