export default {
  testMatch: ['<rootDir>/*-jest.mjs'],
  testEnvironment: 'node',
  moduleFileExtensions: ['mjs', 'js', 'cjs', 'json'],
};
