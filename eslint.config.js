import { defineConfig } from 'eslint/config';
import { configs } from 'typescript-eslint';

const PROGRAMS = ['src/cli/**', 'scripts/**', 'bench/**', 'examples/**', 'test/**'];
const BINARY = 'src/provider/addon.ts is the only file that touches the native binary.';

export default defineConfig(
  { ignores: ['dist/', 'build/', 'coverage/', 'bench/results/', '**/*.cjs', 'assets/page/recorder.js'] },
  configs.strictTypeChecked,
  configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: { project: ['tsconfig.json', 'tsconfig.page.json'], tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { noInlineConfig: true },
    rules: {
      eqeqeq: 'error',
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'] }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Splitting text into code points is what it is for here.
      '@typescript-eslint/no-misused-spread': ['error', { allow: ['string'] }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  { ignores: ['test/**'], rules: { 'max-lines': ['error', { max: 250 }] } },
  {
    files: ['src/**'],
    ignores: PROGRAMS,
    rules: {
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'exit', message: 'A library never ends its host; throw an EngineError.' },
        { object: 'process', property: 'dlopen', message: BINARY },
      ],
    },
  },
  {
    files: ['src/**'],
    ignores: ['src/provider/addon.ts'],
    rules: {
      'no-restricted-imports': ['error', { paths: [{ name: 'node:module', message: BINARY }] }],
      'no-restricted-syntax': [
        'error',
        { selector: 'Literal[value=/\\.node$/]', message: BINARY },
        { selector: 'TemplateElement[value.cooked=/\\.node$/]', message: BINARY },
      ],
    },
  },
  {
    // Types of JavaScript come from comments and from JSON.parse.
    files: ['**/*.js', '**/*.mjs'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  // Vitest's matchers, expect.any() and the like, are `any` by design.
  { files: ['test/**'], rules: { '@typescript-eslint/no-unsafe-assignment': 'off' } },
);
