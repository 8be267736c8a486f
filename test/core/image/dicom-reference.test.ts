import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { codecs } from '@detl/codecs/modules'
import { AppError } from '@detl/core/api/problem'
import { decodeImage } from '@detl/core/image/decode'
import { readStoredFrame } from '@detl/core/image/dicom/decode'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { afterAll, describe, expect, it } from 'vitest'
import { sharedDir } from '../../support/shared.ts'

const folders = [resolve(import.meta.dirname, '../../golden/intake'), resolve(sharedDir(), 'dicom')]
const files = folders
  .filter(existsSync)
  .flatMap((folder) => readdirSync(folder).map((file) => resolve(folder, file)))
  .filter((file) => file.endsWith('.dcm') && !file.endsWith('htj2k.dcm')) // no Debian tool reads HTJ2K yet
const hasGdcm = spawnSync('gdcmconv', ['--version']).error === undefined

/** Lossy syntaxes: how far two conforming decoders may be apart. 12-bit JPEG: one level (ITU-T T.83). */
const TOLERANCE: Record<string, number> = { '1.2.840.10008.1.2.4.51': 1 }

const scratch = mkdtempSync(resolve(tmpdir(), 'detl-dicom-'))
afterAll(() => rmSync(scratch, { recursive: true }))

/** Pixel data as GDCM decodes them, little endian. */
function byGdcm(file: string): Uint8Array {
  const raw = resolve(scratch, 'raw.dcm')
  const pixels = resolve(scratch, 'pixels.bin')
  execFileSync('gdcmconv', ['--raw', file, raw], { stdio: 'ignore' })
  execFileSync('gdcmraw', ['-i', raw, '-t', '7fe0,0010', '-o', pixels], { stdio: 'ignore' })
  return new Uint8Array(readFileSync(pixels))
}

describe.skipIf(!hasGdcm)('stored values against GDCM (Debian package libgdcm-tools)', () => {
  it.each(files.map((file) => [file.split('/').at(-1)!, file]))('%s', async (_, file) => {
    const frame = await readStoredFrame(readFileSync(file), { limits: DEFAULT_LIMITS, codecs }).catch(
      (error) => {
        if (error instanceof AppError) return error
        throw error
      },
    )
    if (frame instanceof AppError) {
      // The one file of this kind is RGB: refused by name.
      expect(frame.message).toMatch(/^image-unsupported: DICOM colour image \(\w+\)/)
      return
    }
    const bytes = byGdcm(file).slice()
    const { bitsAllocated, signed } = frame.header
    const reference =
      bitsAllocated === 8 ? bytes : signed ? new Int16Array(bytes.buffer) : new Uint16Array(bytes.buffer)
    let largest = 0
    for (const [i, value] of frame.values.entries())
      largest = Math.max(largest, Math.abs(value - reference[i]!))
    expect(largest).toBeLessThanOrEqual(TOLERANCE[frame.transferSyntax] ?? 0)
  })
})

const hasDcmtk = spawnSync('dcm2pnm', ['--version']).error === undefined

describe.skipIf(!hasDcmtk)('grey levels against DCMTK (Debian package dcmtk)', () => {
  const windowed = files.filter((file) => /(explicit|monochrome1|rle|CR-MONO1-10-chest)\.dcm$/.test(file))

  it.each(windowed.map((file) => [file.split('/').at(-1)!, file]))('%s', async (_, file) => {
    const out = resolve(scratch, 'grey.png')
    execFileSync('dcm2pnm', ['+Wi', '1', '+on2', file, out], { stdio: 'ignore' })
    const options = { limits: DEFAULT_LIMITS, codecs }
    const ours = (await decodeImage(readFileSync(file), options)).image
    const theirs = (await decodeImage(readFileSync(out), options)).image
    expect([ours.width, ours.height]).toEqual([theirs.width, theirs.height])
    const scale = 65535 / (2 ** ours.bits - 1)
    let largest = 0
    for (const [i, value] of ours.data.entries())
      largest = Math.max(largest, Math.abs(value * scale - theirs.data[i]!))
    expect(largest).toBeLessThanOrEqual(1) // of 65,535: the rounding
  })
})
