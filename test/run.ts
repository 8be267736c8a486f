/**
 * `npm test`: the checks (format, lint, types, dead code), then every test, then one line that says how it went.
 * Where CI is set, a skipped test is a failure: CI has everything that tests may skip for the lack of.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as z from 'zod'

const run = (command: string, ...args: string[]) =>
  spawnSync(command, args, {
    stdio: 'inherit',
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' },
  }).status ?? 1

const reportSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numFailedTestSuites: z.number(),
  success: z.boolean(),
  testResults: z.array(
    z.object({
      name: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
})

const folder = mkdtempSync(join(tmpdir(), 'detl-test-'))
const file = join(folder, 'report.json')
// The edge serves web/dist: tests of the edge and of the page need it, as it is now.
if (run('npm', 'run', '--silent', 'build', '--workspace', 'web') !== 0)
  throw new Error('the page could not be built')
const checked = run('npm', 'run', '--silent', 'check')
const tested = run(
  'vitest',
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${file}`,
  ...process.argv.slice(2),
)
const report = reportSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
rmSync(folder, { recursive: true })

const skipped = report.testResults
  .flatMap((suite) => suite.assertionResults)
  .filter((t) => t.status === 'skipped' || t.status === 'pending')
for (const test of skipped) console.log(`skipped: ${test.fullName}`)
const noSkips = process.env.CI ? skipped.length === 0 : true
if (checked !== 0) console.log('check failed: npm run check')
if (!noSkips) console.log('skipped tests fail in CI')

const ok = checked === 0 && tested === 0 && report.success && noSkips
// A failed check or a suite that could not be loaded counts as a failure, as does a skip in CI.
const failed =
  report.numFailedTests +
  (checked ? 1 : 0) +
  (noSkips ? 0 : skipped.length) +
  (!ok && report.numFailedTests === 0 && !checked && noSkips ? 1 : 0)
console.log(
  `\n${report.numPassedTests} passed, ${failed} failed${skipped.length && !process.env.CI ? `, ${skipped.length} skipped` : ''}`,
)
process.exit(ok ? 0 : 1)
