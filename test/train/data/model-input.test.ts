import { encodePng } from '@detl/core/image/png-encode'
import { cxrGrey } from '@detl/core/preprocess/spec'
import { inputSpec, modelInput } from '@detl/train/data/model-input'
import { describe, expect, it } from 'vitest'

/** Sixteen stripes of 60 to 75 inside a black frame, 64 × 48. */
const picture = () => {
  const [width, height] = [64, 48]
  const data = new Uint8Array(width * height)
  for (let y = 6; y < height - 6; y++) for (let x = 8; x < width - 8; x++) data[y * width + x] = 60 + (x >> 2)
  return encodePng({ width, height, channels: 1, data })
}

describe('plain input', () => {
  it('is the whole image squashed to a square, with its own grey levels', async () => {
    const { tensor, geometry } = await modelInput(await picture(), inputSpec('plain', 16))
    // Rows are means of 3, columns of 4: the frame keeps its 2 rows and 2 columns, the stripes their levels.
    const row = (y: number) => [...tensor.subarray(y * 16, y * 16 + 16)]
    expect(row(0)).toEqual(new Array(16).fill(0))
    const stripes = Array.from({ length: 16 }, (_, j) => (j < 2 || j > 13 ? 0 : 60 + j))
    expect(row(8)).toEqual(stripes)
    expect(geometry.placed).toEqual({ x: 0, y: 0, width: 16, height: 16 })
    expect(geometry.crop).toEqual({ x: 0, y: 0, width: 64, height: 48 })
  })

  it('is another one than what is served, which cuts the frame off and spreads the levels', async () => {
    const harmonised = inputSpec('harmonised', 16)
    expect(harmonised).toEqual(cxrGrey(16))
    const { tensor } = await modelInput(await picture(), harmonised)
    expect(Math.max(...tensor)).toBeGreaterThan(240)
  })
})
