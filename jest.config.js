/** Specs run on the sources; only the packaging specs look at the built package. */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/spec/**/*-spec.ts'],
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/spec/tsconfig.json' }] },
  moduleNameMapper: {
    '^routilux$': '<rootDir>/lib/index.ts',
    '^#async-context$': '<rootDir>/lib/prelude/asyncContext.node.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  testTimeout: 20_000,
};
