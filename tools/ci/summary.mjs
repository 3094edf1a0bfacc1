/**
 * The last line of CI: tests and steps counted together.
 *
 *   node tools/ci/summary.mjs STEPS RESULTS     STEPS: lines `passed|failed name`; RESULTS: folder of vitest's JSON
 *
 * The exit code is 0 when nothing failed and at least one test ran.
 */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { filesUnder } from '../setup/fingerprint.mjs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */
/** @typedef {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number,
 *   testResults: { status: string, assertionResults: unknown[] }[] }} VitestResult */

/**
 * Tests of one vitest run; a file that failed before its first test counts as one failure.
 *
 * @param {VitestResult} result @returns {Counts}
 */
export function countTests(result) {
  const broken = result.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  return {
    passed: result.numPassedTests,
    failed: result.numFailedTests + broken.length,
    skipped: result.numPendingTests + result.numTodoTests,
  };
}

/** @param {string} lines - `passed|failed name`, one a line @returns {Counts} */
export function countSteps(lines) {
  const words = lines.split('\n').map((line) => line.split(' ')[0]);
  const count = (/** @type {string} */ word) => words.filter((found) => found === word).length;
  return { passed: count('passed'), failed: count('failed'), skipped: 0 };
}

/** @param {readonly Counts[]} parts @returns {Counts} */
export function addCounts(parts) {
  const sum = (/** @type {keyof Counts} */ key) => parts.reduce((total, part) => total + part[key], 0);
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') };
}

/** @param {Counts} counts */
export function formatCounts({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** @param {string} stepsFile @param {string} resultsFolder */
function main(stepsFile, resultsFolder) {
  const steps = countSteps(existsSync(stepsFile) ? readFileSync(stepsFile, 'utf8') : '');
  const files = filesUnder(resultsFolder, (name) => !name.includes('.') || name.endsWith('.json'));
  const runs = files.map((file) => JSON.parse(readFileSync(file, 'utf8'))).filter((result) => 'testResults' in result);
  const tests = addCounts(runs.map(countTests));
  if (tests.passed === 0) steps.failed += 1; // a run that tested nothing has not passed
  const total = addCounts([steps, tests]);
  console.log(formatCounts(total));
  process.exitCode = total.failed > 0 ? 1 : 0;
}

if (resolve(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) main(process.argv[2], process.argv[3]);
