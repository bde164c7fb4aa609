// Adds up the test reports given; the last line is the count. Fails when no test ran or one failed.
import { readFileSync } from 'node:fs'

const sums = { passed: 0, failed: 0, skipped: 0 }
for (const file of process.argv.slice(2)) {
  const report = JSON.parse(readFileSync(file, 'utf8'))
  sums.passed += report.numPassedTests
  sums.failed += report.numFailedTests + (report.numFailedTestSuites > 0 && report.numFailedTests === 0 ? 1 : 0)
  sums.skipped += report.numPendingTests + report.numTodoTests
}
console.log(`${sums.passed} passed, ${sums.failed} failed, ${sums.skipped} skipped`)
process.exitCode = sums.failed > 0 || sums.passed === 0 ? 1 : 0
