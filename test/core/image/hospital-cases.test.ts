import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { codecs } from '@detl/codecs/modules'
import { AppError } from '@detl/core/api/problem'
import { DEFAULT_GATE } from '@detl/core/gate/chest-model'
import { decodeImage } from '@detl/core/image/decode'
import type { FileRemark } from '@detl/core/image/file-remark'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { takeIn } from '@detl/core/intake/intake'
import { cxrGrey } from '@detl/core/preprocess/spec'
import { describe, expect, it } from 'vitest'
import { sharedDir } from '../../support/shared.ts'

const folder = resolve(sharedDir(), 'cases/intake')
const read = (file: string) => new Uint8Array(readFileSync(resolve(folder, file)))
const files = existsSync(folder) ? readdirSync(folder).filter((file) => /\.(dcm|png|jpg)$/.test(file)) : []
const options = { limits: DEFAULT_LIMITS, codecs }

const twinOf = (file: string) =>
  file.startsWith('lut_') ? 'lut_ok12.dcm' : file.endsWith('.dcm') ? 'base12.dcm' : 'png8_ok.png'
/** What the answer says of a file; nothing of those that are not named. */
const REMARKS: [RegExp, FileRemark][] = [
  [/^(no_ts|preamble_no_meta)/, 'transfer-syntax-missing'],
  [/says_explicit|says_lossless_is/, 'transfer-syntax-wrong'],
  [/no_eo[ic]/, 'end-missing'],
]

/** Of the grey levels of two images of one size. */
function correlation(a: Uint16Array, b: Uint16Array): number {
  const mean = (data: Uint16Array) => data.reduce((sum, value) => sum + value, 0) / data.length
  const [ma, mb] = [mean(a), mean(b)]
  let [ab, aa, bb] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    ab += (a[i]! - ma) * (b[i]! - mb)
    aa += (a[i]! - ma) ** 2
    bb += (b[i]! - mb) ** 2
  }
  return ab / Math.sqrt(aa * bb)
}

describe.skipIf(files.length === 0)('small files that break one thing that public reports name', () => {
  it.each(files)('%s', async (file) => {
    const decoded = await decodeImage(read(file), options)
    const twin = await decodeImage(read(twinOf(file)), options)
    expect([decoded.image.width, decoded.image.height]).toEqual([twin.image.width, twin.image.height])
    expect(correlation(decoded.image.data, twin.image.data)).toBeGreaterThan(0.999)
    const expected = REMARKS.filter(([name]) => name.test(file)).map(([, remark]) => remark)
    expect(decoded.source.remarks).toEqual(expected)
    const gate = { mode: 'refuse', spec: DEFAULT_GATE } as const
    const answer = await takeIn(read(file), cxrGrey(128), gate, options).then(
      ({ quality }) => quality.remarks.filter((remark) => expected.includes(remark as FileRemark)),
      (error: unknown) => (error instanceof AppError ? error.detail : String(error)),
    )
    if (file.startsWith('view_')) expect(answer).toMatch(/^lateral: .* not frontal$/)
    else expect(answer).toEqual(expected)
  })
})
