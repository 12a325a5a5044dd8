import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The native addon belongs to a process and starts threads of its own.
    pool: 'forks',
    // A decode fills every core; two files at once would only wait for each other.
    fileParallelism: false,
    env: {
      // Not the user's own.
      WHISPERPOOL_CACHE: fileURLToPath(new URL('build/test-cache', import.meta.url)),
      // What is measured while tests run says nothing; the tests of measuring turn it on.
      WHISPERPOOL_CALIBRATE: '0',
    },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // The build runs as Node runs it, in tests as in workers.
    server: { deps: { external: [/\/dist\/.*\.js$/] } },
    reporters: ['default', 'json'],
    outputFile: { json: 'build/test-report.json' },
  },
});
