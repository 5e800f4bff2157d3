// The specs in the order in which they were asked for.
const Sequencer = require('@jest/test-sequencer').default;

module.exports = class extends Sequencer {
  sort(tests) {
    const order = process.env.ROUTILUX_ORDER.split(' ');
    const placeOf = ({ path, context }) => order.indexOf(path.slice(context.config.rootDir.length + 1));
    return [...tests].sort((a, b) => placeOf(a) - placeOf(b));
  }
};
