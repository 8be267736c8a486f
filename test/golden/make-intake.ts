/**
 * Writes test/golden/intake: the synthetic phantom in every format that is read, and intake.json with what each file must become.
 *   node test/golden/make-intake.ts
 * Needs DCMTK (Debian package dcmtk) for the syntaxes that have no encoder on npm. `--check-only` rewrites intake.json alone.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { upright } from '@detl/core/gate/orientation'
import type { GrayImage } from '@detl/core/image/gray-image'
import { encodePng } from '@detl/core/image/png-encode'
import { phantom } from '@detl/core/phantom/phantom'
import { cxrGrey } from '@detl/core/preprocess/spec'
import type { WorkingImage } from '@detl/core/preprocess/working-image'
import sharp from 'sharp'
import { outcomeOf } from '../parity/entry.ts'
import { chestElements, littleEndian, writeDicom } from '../support/dicom-writer.ts'
import { encode } from '../support/encoders.ts'

const folder = resolve(import.meta.dirname, 'intake')
const PHANTOM = { seed: 5, width: 120, height: 136, lesions: ['consolidation'] } as const
const EXPLICIT = '1.2.840.10008.1.2.1'
const { image } = phantom(PHANTOM)
const size = { width: image.width, height: image.height }
const made: Record<string, string> = {}

if (!process.argv.includes('--check-only')) await writeFiles()
const before = JSON.parse(readFileSync(resolve(folder, 'intake.json'), 'utf8').trim() || '{}')
const files: Record<string, object> = {}
for (const file of readdirSync(folder)
  .filter((name) => !name.endsWith('.json'))
  .sort()) {
  const bytes = readFileSync(resolve(folder, file))
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  files[file] = {
    sha256,
    madeBy: made[file] ?? before.files?.[file]?.madeBy,
    outcome: await outcomeOf(bytes),
  }
}
const provenance = {
  what: 'Synthetic phantom (core/src/phantom), no patient. outcome.tensor is the SHA-256 of UINT8 [1,1,128,128].',
  licence: 'Apache-2.0, as the project',
  command: 'node test/golden/make-intake.ts',
  tolerance: 'none: bit-exact in every runtime',
  phantom: PHANTOM,
  preprocess: cxrGrey(128),
  files,
}
writeFileSync(resolve(folder, 'intake.json'), `${JSON.stringify(provenance, null, 2)}\n`)

async function writeFiles() {
  const wide = image.data.map((value) => value << 4)
  const byte = Uint8Array.from(image.data, (value) => value >> 4)
  const grey = sharp(byte, { raw: { ...size, channels: 1 } }).toColourspace('b-w')
  const rgb = () => sharp(Buffer.from([...byte].flatMap((v) => [v, v, v])), { raw: { ...size, channels: 3 } })
  await save('grey-16.png', 'core png-encode', encodePng({ ...size, channels: 1, data: wide }))
  await save('grey-8.png', 'core png-encode', encodePng({ ...size, channels: 1, data: byte }))
  await save('rgb-8-interlaced.png', 'sharp, png progressive', rgb().png({ progressive: true }).toBuffer())
  await save('palette.png', 'sharp, png palette', rgb().png({ palette: true }).toBuffer())
  await save('baseline.jpg', 'sharp, jpeg quality 92', grey.clone().jpeg({ quality: 92 }).toBuffer())
  await save(
    'progressive.jpg',
    'sharp, jpeg progressive',
    grey.clone().jpeg({ progressive: true }).toBuffer(),
  )
  await save('colour-420.jpg', 'sharp, jpeg of RGB', rgb().jpeg({ quality: 92 }).toBuffer())
  await save(
    'turned.jpg',
    'sharp, jpeg, EXIF orientation 6',
    rgb().rotate(270).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
  )
  await saveLarge()
  await save('cmyk.jpg', 'sharp, jpeg of CMYK', rgb().toColourspace('cmyk').jpeg({ quality: 92 }).toBuffer())

  const window = { '00281050': ['DS', '1800'], '00281051': ['DS', '3000'] } as const
  const elements = chestElements(size, { allocated: 16, stored: 12 }, window)
  const raw = writeDicom(EXPLICIT, elements, littleEndian(image.data))
  await save('explicit.dcm', 'test/support/dicom-writer.ts', raw)
  const swapped = new Uint8Array(Buffer.from(littleEndian(image.data)).swap16())
  await save(
    'big-endian.dcm',
    'test/support/dicom-writer.ts',
    writeDicom('1.2.840.10008.1.2.2', elements, swapped),
  )
  const inverse = image.data.map((value) => 4095 - value)
  const mono1 = chestElements(size, { allocated: 16, stored: 12, photometric: 'MONOCHROME1' }, window)
  await save(
    'monochrome1.dcm',
    'test/support/dicom-writer.ts',
    writeDicom(EXPLICIT, mono1, littleEndian(inverse)),
  )
  const signed = chestElements(size, { allocated: 16, stored: 12, signed: true })
  const shifted = Int16Array.from(image.data, (value) => value - 2048)
  await save(
    'signed.dcm',
    'test/support/dicom-writer.ts',
    writeDicom(EXPLICIT, signed, littleEndian(shifted)),
  )
  const streams = { 'jpeg-ls': '80', 'jpeg-2000': '90', htj2k: '201' } as const
  for (const kind of ['jpeg-ls', 'jpeg-2000', 'htj2k'] as const) {
    const syntax = `1.2.840.10008.1.2.4.${streams[kind]}`
    const file = writeDicom(syntax, elements, { fragments: [await encode(kind, image)] })
    await save(`${kind}.dcm`, `test/support/dicom-writer.ts and encoders.ts (${kind})`, file)
  }
  for (const [name, command, ...args] of [
    ['implicit', 'dcmconv', '+ti'],
    ['deflated', 'dcmconv', '+td'],
    ['rle', 'dcmcrle'],
    ['jpeg-lossless', 'dcmcjpeg', '+e1'],
    ['jpeg-lossless-sv6', 'dcmcjpeg', '+el', '+sv', '6'],
    ['jpeg-extended-12', 'dcmcjpeg', '+ee', '+q', '95'],
    ['jpeg-baseline', 'dcmcjpeg', '+eb', '+q', '95'],
    ['jpeg-ls-near', 'dcmcjpls', '+en', '+md', '2'],
  ] as const) {
    const file = `${name}.dcm`
    execFileSync(command, [...args, resolve(folder, 'explicit.dcm'), resolve(folder, file)])
    made[file] = `DCMTK ${command} ${args.join(' ')} explicit.dcm`
  }
}

/** Images that are decoded at a part of their resolution, and such as the gate puts upright. */
async function saveLarge() {
  const times = (n: number): GrayImage => {
    const { width, height } = { width: n * size.width, height: n * size.height }
    const data = new Uint16Array(width * height)
    for (let y = 0, p = 0; y < height; y++) {
      for (let x = 0; x < width; x++, p++) {
        data[p] = image.data[Math.floor(y / n) * size.width + Math.floor(x / n)]!
      }
    }
    return { ...image, width, height, data }
  }
  const wide = (of: WorkingImage) => encodePng({ ...of, channels: 1, data: of.data })
  const sixteenBits = { ...size, data: image.data.map((value) => value << 4) }
  await save('inverted.png', 'core png-encode, inverted', wide(upright(sixteenBits, 'inverted')))
  await save('on-its-side.png', 'core png-encode, turned by 90°', wide(upright(sixteenBits, 'rotated-90')))
  const large = times(12)
  const byte = Uint8Array.from(large.data, (value) => value >> 4)
  const raw = { raw: { width: large.width, height: large.height, channels: 1 as const } }
  const jpeg = sharp(byte, raw).toColourspace('b-w').jpeg({ quality: 80 }).toBuffer()
  await save('large.jpg', 'sharp, jpeg quality 80, each pixel 12 × 12', jpeg)
  // Six bits, so that they compress: the window spreads them over the range again.
  const larger = times(16)
  const coarse = { ...larger, data: larger.data.map((value) => value >> 6) }
  const window = { '00281050': ['DS', '32'], '00281051': ['DS', '64'] } as const
  const elements = chestElements(larger, { allocated: 16, stored: 9 }, window)
  for (const [kind, syntax] of [
    ['jpeg-2000', '90'],
    ['htj2k', '201'],
  ] as const) {
    const file = writeDicom(`1.2.840.10008.1.2.4.${syntax}`, elements, {
      fragments: [await encode(kind, coarse, 9)],
    })
    const by = `test/support/dicom-writer.ts and encoders.ts (${kind}), each pixel 16 × 16, of 6 bits`
    await save(`large-${kind}.dcm`, by, file)
  }
}

async function save(file: string, by: string, bytes: Uint8Array | Promise<Uint8Array>) {
  writeFileSync(resolve(folder, file), await bytes)
  made[file] = by
}
