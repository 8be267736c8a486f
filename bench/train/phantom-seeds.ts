/** Trains on phantoms with one backend and several seeds, and prints what test/train/phantom.test.ts asks of one: node phantom-seeds.ts BACKEND with|without SEED… */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BackendName } from '@detl/train/backend/names'
import { describeBackend } from '@detl/train/backend/names'
import { selectBackend } from '@detl/train/backend/select'
import { trainOnPhantoms } from '../../test/train/phantom-run.ts'

const [name, evidence, ...seeds] = process.argv.slice(2) as [BackendName, 'with' | 'without', ...string[]]
console.log(`${describeBackend(await selectBackend({ only: name }))}, ${evidence} the evidence loss`)
for (const seed of seeds) {
  const dir = mkdtempSync(join(tmpdir(), 'detl-phantom-'))
  const { right, onLesion } = await trainOnPhantoms(Number(seed), dir, {
    evidence: evidence === 'with',
  })
  rmSync(dir, { recursive: true })
  console.log(`seed ${seed}: ${right} of 48 right, Grad-CAM's peak on ${onLesion} of 24 lesions`)
}
