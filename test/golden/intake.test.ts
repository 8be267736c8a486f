import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { outcomeOf } from '../parity/entry.ts'
import golden from './intake/intake.json' with { type: 'json' }

const folder = resolve(import.meta.dirname, 'intake')

describe('the public set of inputs and tensors', () => {
  it('describes every file of its folder', () => {
    const files = readdirSync(folder).filter((file) => file !== 'intake.json')
    expect(files.sort()).toEqual(Object.keys(golden.files).sort())
  })

  it.each(Object.entries(golden.files))(
    '%s gives the recorded pixels, tensor and answer',
    async (file, expected) => {
      const bytes = readFileSync(resolve(folder, file))
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(expected.sha256)
      expect(await outcomeOf(bytes)).toEqual(expected.outcome)
    },
  )

  it('has one tensor for an image however it lies in its file, and says how it lay', () => {
    const files: Record<string, { outcome: { tensor?: string; quality?: string } }> = golden.files
    const lying = { 'grey-16.png': undefined, 'inverted.png': 'inverted', 'on-its-side.png': 'rotated-270' }
    for (const [name, corrected] of Object.entries(lying)) {
      const { tensor, quality } = files[name]!.outcome
      expect(tensor, name).toBe(files['grey-16.png']?.outcome.tensor)
      expect(JSON.parse(quality!).corrected, name).toBe(corrected)
    }
  })

  it('has one tensor for all lossless encodings of the same DICOM values', () => {
    const lossless = [
      'explicit',
      'implicit',
      'big-endian',
      'deflated',
      'rle',
      'jpeg-lossless',
      'jpeg-lossless-sv6',
      'jpeg-ls',
      'jpeg-2000',
      'htj2k',
    ]
    const files: Record<string, { outcome: { image?: string } }> = golden.files
    const images = new Set(lossless.map((name) => files[`${name}.dcm`]?.outcome.image))
    expect([...images]).toEqual([files['explicit.dcm']?.outcome.image])
  })
})
