import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LungFacts } from '@detl/core/lungs/lung-facts'
import { SCHEMA } from '@detl/core/model/manifest'
import { writeLungs } from '@detl/export/regions/lungs'
import { lungNet } from '@detl/train/lungs/net'
import { saveToFolder } from '../export/harness.ts'
import { TEST_REGIONS } from './regions.ts'

const SIZE = 64
const dice = { images: 5, mean: 0.95, lowest: 0.9, right: 0.95, left: 0.95 }
export const LUNG_FACTS: LungFacts = {
  schema: SCHEMA,
  name: 'lungs-test',
  version: '1.0.0',
  createdAt: '2026-01-01T00:00:00Z',
  size: SIZE,
  scale: 1 / 255,
  height: SIZE / 2,
  width: SIZE / 2,
  error: TEST_REGIONS.error,
  figures: {
    folds: { ...dice, byFold: [0.95] },
    sourceLeftOut: null,
    severity: { images: 5, spearmanExtent: 0.7, spearmanScore: 0.7, normalExtent: 0.02, normalImages: 5 },
  },
  data: { digest: '0'.repeat(64), images: 5, sources: [] },
  training: { code: 'test', backend: 'none', seed: 1, summary: 'none' },
}

/**
 * A network that outlines lungs and that nobody trained, of 64 × 64: its run in `folder`/run, and what `export-lungs` makes of it in `folder`/lungs-test.
 * @returns the network itself
 */
export async function lungFolder(folder: string) {
  const network = lungNet(SIZE, 1)
  mkdirSync(join(folder, 'run', 'all'), { recursive: true })
  cpSync(await saveToFolder(network), join(folder, 'run', 'all', 'best'), { recursive: true })
  writeFileSync(join(folder, 'run', 'lungs.json'), JSON.stringify(LUNG_FACTS))
  writeLungs(join(folder, 'run'), join(folder, LUNG_FACTS.name))
  return network
}
