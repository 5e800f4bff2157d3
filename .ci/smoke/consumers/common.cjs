const routilux = require('routilux');
const files = require('routilux/node');
const scenario = require('./scenario.cjs');
const writtenDown = require('./writtenDown.cjs');

const all = async () => {
  await scenario(routilux);
  await writtenDown(routilux, files);
};

all().then(() => console.log('require works'));
