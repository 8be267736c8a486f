/**
 * `billing.difference`: rounds of test/edge/chaos.test.ts that do not reconcile to no difference between answers, charges and the meter: 200 requests at once, a GPU function that fails at
 * random, workerd killed twice a round, the meter's service failing too. A round takes 10 to 30 s. `DETL_BENCH_ROUNDS` sets another number than 100.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Figure } from './run.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const ROUNDS = Number(process.env.DETL_BENCH_ROUNDS ?? 100)

type Report = { testResults: { assertionResults: { status: string; failureMessages: string[] }[] }[] }

export default async function billing(): Promise<Record<string, Figure>> {
  const folder = mkdtempSync(join(tmpdir(), 'detl-bench-'))
  try {
    const file = join(folder, 'report.json')
    const child = spawn(
      join(ROOT, 'node_modules/.bin/vitest'),
      [
        'run',
        '--project',
        'node',
        'test/edge/chaos.test.ts',
        '--reporter=verbose',
        '--reporter=json',
        `--outputFile=${file}`,
      ],
      { cwd: ROOT, stdio: 'inherit', env: { ...process.env, DETL_CHAOS_ROUNDS: String(ROUNDS) } },
    )
    await once(child, 'exit')
    const { testResults } = JSON.parse(readFileSync(file, 'utf8')) as Report
    const rounds = testResults.flatMap(({ assertionResults }) => assertionResults)
    const failed = rounds.filter(({ status }) => status !== 'passed')
    for (const { failureMessages } of failed) console.error(failureMessages.join('\n'))
    if (rounds.length !== ROUNDS) throw new Error(`${rounds.length} rounds of ${ROUNDS} were run`)
    const against = 'rounds that did not reconcile to no difference; limit 0'
    return {
      'billing.difference': { value: failed.length, unit: 'rounds', runs: ROUNDS, spread: 0, against },
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
