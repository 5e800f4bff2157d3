// Specs run on the sources; only the packaging specs look at the built package. A `*-long-spec.ts` takes its time and
// waits for `npm run test:full`.
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/spec/**/*-spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '-long-spec\\.ts$'],
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/spec/tsconfig.json' }] },
  moduleNameMapper: {
    '^routilux$': '<rootDir>/lib/index.ts',
    '^routilux/(node|rx|testing|runtime|store/memory)$': '<rootDir>/lib/$1/index.ts',
    '^#async-context$': '<rootDir>/lib/prelude/asyncContext.node.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/bench/'],
  // Every core: jest would leave one idle, which on a machine with two is half of it.
  maxWorkers: '100%',
  // It is for what hangs. What only takes its time does so several times as long on a machine that is busy.
  testTimeout: 300_000,
};
