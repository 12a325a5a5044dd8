// The last line of .ci/run: how many tests passed, failed and were skipped, from Vitest's own report. A test command that
// failed without a failed test in the report (set-up, checks, a file that could not be loaded) counts as one failure.
// `node scripts/test-summary.mjs EXIT_CODE [REPORT]`
import { existsSync, readFileSync } from 'node:fs';
import { place } from './setup/place.mjs';

/**
 * @typedef {object} Report
 * @property {{ status: string; assertionResults: { status: string }[] }[]} testResults one entry for each test file
 */

/**
 * @param {Report} report
 * @param {boolean} commandFailed
 */
function count({ testResults }, commandFailed) {
  const statuses = testResults.flatMap((file) => file.assertionResults.map((test) => test.status));
  const brokenFiles = testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  );
  const passed = statuses.filter((status) => status === 'passed').length;
  const failedTests = statuses.filter((status) => status === 'failed').length;
  const failed = failedTests + brokenFiles.length;
  return {
    passed,
    failed: commandFailed ? Math.max(1, failed) : failed,
    skipped: statuses.length - passed - failedTests,
  };
}

const [, , exitCode, path = place('build/test-report.json')] = process.argv;
/** @type {Report} */
const report = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { testResults: [] };
const { passed, failed, skipped } = count(report, exitCode !== '0');
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
