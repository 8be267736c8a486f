import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { upright } from '@detl/core/gate/orientation'
import type { Reading } from '@detl/core/gate/reading'
import { encodePng } from '@detl/core/image/png-encode'
import type { WorkingImage } from '@detl/core/preprocess/working-image'
import { maskOfBoxes, readMask, uprightBoxes } from '@detl/train/data/regions'
import { afterAll, describe, expect, it } from 'vitest'

const dir = mkdtempSync(join(tmpdir(), 'detl-regions-'))
afterAll(() => rmSync(dir, { recursive: true }))

/** A box in an upright image of 7 × 5 pixels, and the reading that turns an upright image so that it lies as named. */
const right = { width: 7, height: 5 }
const box = { x: 1, y: 2, width: 4, height: 2 }
const expected = maskOfBoxes([box], right)
const TURNS: [lay: Reading, turn: Reading][] = [
  ['upright', 'upright'],
  ['inverted', 'upright'],
  ['rotated-90', 'rotated-270'],
  ['rotated-180', 'rotated-180'],
  ['rotated-270', 'rotated-90'],
]

describe.each(TURNS)('regions of an image that lies %s in its file', (lay, turn) => {
  const image = { ...right, lay }
  const inFile: WorkingImage = upright({ ...right, data: Uint16Array.from(expected) }, turn)

  it('are turned with it: an outline', async () => {
    const path = join(dir, `${lay}.png`)
    writeFileSync(
      path,
      await encodePng({ ...inFile, channels: 1, data: Uint8Array.from(inFile.data, (v) => 255 * v) }),
    )
    expect([...(await readMask(path, image))]).toEqual([...expected])
  })

  it('are turned with it: a box', () => {
    const inside = [...inFile.data.keys()].filter((i) => inFile.data[i])
    const columns = inside.map((i) => i % inFile.width)
    const rows = inside.map((i) => Math.floor(i / inFile.width))
    const given = {
      x: Math.min(...columns),
      y: Math.min(...rows),
      width: Math.max(...columns) - Math.min(...columns) + 1,
      height: Math.max(...rows) - Math.min(...rows) + 1,
    }
    expect(uprightBoxes([given], image)).toEqual([box])
  })
})

it('refuses an outline of another size than its image', async () => {
  const path = join(dir, 'other.png')
  writeFileSync(path, await encodePng({ width: 7, height: 5, channels: 1, data: new Uint8Array(35) }))
  const turned = { ...right, lay: 'rotated-90' } as const
  await expect(readMask(path, turned)).rejects.toThrow('other.png is 7 × 5, its image 5 × 7')
})
