// A property that fails has noticed: it need not be told by the smallest example.
require('fast-check').configureGlobal({ endOnFailure: true });
