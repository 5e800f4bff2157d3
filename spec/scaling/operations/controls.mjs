// What the measure has to find: operations that are quadratic, and a real one in a package that has been made quadratic.
import { operations as describing } from './describing.mjs';
import { check, operation, upTo } from './parts.mjs';

/** At this size a copy is dear, and has drowned the rest. */
const at = (n) => ({ first: n, most: n });

const { set } = Map.prototype;

/** Runs an operation while a map that takes a key copies all that it has. */
const copying = ({ name, run, ...options }) => ({
  ...options,
  ...at(2 ** 11),
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

export const operations = [
  operation(
    'a list that is copied for each of its items',
    [],
    (n, measure) =>
      measure(() => {
        let list = [];
        for (const each of upTo(n)) list = [...list, each];
      }),
    at(2 ** 11),
  ),
  operation(
    'a list that is searched for each of its items',
    [],
    (n, measure) => {
      const list = upTo(n);
      return measure(() =>
        check(
          list.every((each) => list.includes(each)),
          'all are there',
        ),
      );
    },
    at(2 ** 13),
  ),
  copying(describing.find(({ name }) => name === 'register n types and functions')),
];
