// What the measure has to find: operations that are quadratic, and real ones in a package that has been made quadratic.
import { operations as describing } from './describing.mjs';
import { check, operation, upTo } from './parts.mjs';

const { set } = Map.prototype;

/** Runs an operation while a map that takes a key copies all that it has. */
const copying = ({ name, run, ...options }) => ({
  ...options,
  name: `${name}, with a copy of the map for each key`,
  run: async (n, measure) => {
    let copied = 0;
    Map.prototype.set = function (key, value) {
      copied += [...this.keys()].length;
      return set.call(this, key, value);
    };
    try {
      await run(n, measure);
    } finally {
      Map.prototype.set = set;
    }
    check(copied > 0, 'something was copied');
  },
});

const named = (name) => describing.find((each) => each.name === name);

export const operations = [
  operation('a list that is copied for each of its items', [], (n, measure) =>
    measure(() => {
      let list = [];
      for (const at of upTo(n)) list = [...list, at];
    }),
  ),
  operation('a list that is searched for each of its items', [], (n, measure) => {
    const list = upTo(n);
    return measure(() =>
      check(
        list.every((at) => list.includes(at)),
        'all are there',
      ),
    );
  }),
  copying(named('addRoutine, n times')),
  copying(named('register n types and functions')),
];
