// TypeScript is linted with its types; plain JavaScript (build, bench, this file) without.
import js from '@eslint/js';
import rxjs from 'eslint-plugin-rxjs-x';
import { defineConfig, globalIgnores } from 'eslint/config';
import globals from 'globals';
import tseslint from 'typescript-eslint';

/** A spec that is skipped or alone says nothing about the rest. */
const skipped = ['describe', 'it', 'test'].flatMap((object) =>
  ['only', 'skip', 'todo'].map((property) => ({ object, property, message: 'Every spec runs.' })),
);

const FRAMEWORKS = ['examples/frameworks/**/*.{ts,tsx}'];

export default defineConfig(
  // The declarations of the platform belong to no program but that of lib/tsconfig.json; the smoke's consumers, and what the reference
  // is made of, to their own.
  globalIgnores([
    '**/dist/',
    '**/node_modules/',
    'coverage/',
    '.ci/out/',
    '.ci/smoke/consumers/',
    '.ci/api/entries/',
    'lib/prelude/platform.d.ts',
  ]),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      // A handler that needs its `this` is written `function (this: Routine)`.
      'object-shorthand': ['error', 'properties'],
      'prefer-const': 'error',
    },
  },
  {
    files: ['**/*.ts'],
    ignores: FRAMEWORKS,
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked, rxjs.configs.recommended],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // A name that only holds a place begins with an underscore.
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `() => void work()` says that nothing is given back, whatever `work` gives.
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidOperator: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      // The compiler asks for brackets on index signatures (noPropertyAccessFromIndexSignature).
      '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
      // `as T` at a hand-tuned array access says what is known; `!` is refused altogether.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      // `details` of an error has to be assignable to a record, which only a type alias is.
      '@typescript-eslint/consistent-type-definitions': 'off',
    },
  },
  // Each is a project of its own, whose packages are not here: it is compiled, with its types, by its own `npm test`.
  {
    files: FRAMEWORKS,
    extends: [tseslint.configs.strict, tseslint.configs.stylistic],
    rules: {
      '@typescript-eslint/consistent-type-definitions': 'off',
      // A module of Angular or Nest is an empty class.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
    },
  },
  {
    // Specs pass what the types forbid, throw what is no error, make handlers that await nothing, and spell types out.
    files: ['spec/**/*.ts'],
    rules: {
      'no-restricted-properties': ['error', ...skipped],
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/no-unnecessary-type-arguments': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // What must not compile is of no type.
    files: ['spec/types/*.ts'],
    rules: { '@typescript-eslint/no-unsafe-argument': 'off', '@typescript-eslint/no-unsafe-assignment': 'off' },
  },
  {
    files: ['lib/**/*.ts'],
    rules: {
      // V8 holds such an object as a dictionary, so that each read of any part of it is slow; `awaits` cost 200 ns more with two.
      'no-restricted-syntax': [
        'error',
        {
          selector: "ObjectExpression > Property[kind='get']",
          message: 'A getter makes the whole object slow to read: a method, or a class.',
        },
      ],
      // The rim checks what plain JavaScript passes, whatever the types promise.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // `Record<never, never>` is how a routine without slots is written.
      '@typescript-eslint/no-generated-empty-object-type': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: { globals: globals.node },
    rules: { 'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }] },
  },
  { files: ['**/*.cjs'], languageOptions: { sourceType: 'commonjs' } },
  { files: ['examples/**', 'bench/**', '.ci/**'], rules: { 'no-console': 'off' } },
);
