const routilux = require('routilux');
const scenario = require('./scenario.cjs');

scenario(routilux).then(() => console.log('require works'));
