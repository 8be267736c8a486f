import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { calibrate } from '@detl/cli/calibrate/calibrate'
import { afterAll, describe, expect, it } from 'vitest'
import { phantomPng } from '../train/phantom-classes.ts'

const dir = mkdtempSync(join(tmpdir(), 'detl-calibrate-'))
afterAll(() => rmSync(dir, { recursive: true }))
const options = { model: 'models/detl-128', labels: join(dir, 'site.csv'), images: dir, site: 'site' }

describe('thresholds for a site', () => {
  it('are never written over those of the model itself', async () => {
    await expect(calibrate({ ...options, out: 'models/../models/detl-128' })).rejects.toMatchObject({
      code: 'request-invalid',
      detail: expect.stringContaining('is the model itself'),
    })
  })

  it('are not chosen on a picture that is there under two labels', async () => {
    const picture = await phantomPng(1, [], 128)
    for (const name of ['a.png', 'b.png']) writeFileSync(join(dir, name), picture)
    writeFileSync(options.labels, 'file,label\na.png,normal\nb.png,covid19\n')
    await expect(calibrate({ ...options, out: join(dir, 'out') })).rejects.toThrow(
      'b.png is the same picture as a.png, which is normal, this one covid19',
    )
  })
})
