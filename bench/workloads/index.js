import w1 from './w1-chain.js';
import w10 from './w10-growth.js';
import w1s from './w1s-single.js';
import w2 from './w2-fan.js';
import w3 from './w3-timers.js';
import w4 from './w4-awaits.js';
import w5 from './w5-burst.js';
import w5m from './w5m-memory.js';
import w6 from './w6-self.js';
import w6m from './w6m-flat.js';
import w7 from './w7-resume.js';
import w8 from './w8-executions.js';
import w9 from './w9-stall.js';

/** @type {readonly import('../types.js').Workload[]} */
export const workloads = [w1, w1s, w2, w3, w4, w5, w5m, w6, w6m, w7, w8, w9, w10];
