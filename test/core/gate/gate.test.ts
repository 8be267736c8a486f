import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { codecs } from '@detl/codecs/modules'
import { uniform } from '@detl/core/base/random'
import { DEFAULT_GATE } from '@detl/core/gate/chest-model'
import { judge } from '@detl/core/gate/gate'
import { upright } from '@detl/core/gate/orientation'
import type { Reading } from '@detl/core/gate/reading'
import { type DecodedImage, decodeImage } from '@detl/core/image/decode'
import type { GrayImage } from '@detl/core/image/gray-image'
import type { ImageSource } from '@detl/core/image/image-source'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { encodePng } from '@detl/core/image/png-encode'
import { takeIn } from '@detl/core/intake/intake'
import { smoothNoise } from '@detl/core/phantom/noise'
import { phantom } from '@detl/core/phantom/phantom'
import { cxrGrey } from '@detl/core/preprocess/spec'
import type { WorkingImage } from '@detl/core/preprocess/working-image'
import { describe, expect, it } from 'vitest'
import { chestElements, type Elements, littleEndian, writeDicom } from '../../support/dicom-writer.ts'
import { reduceImage } from '../../support/preprocess-image.ts'
import { sharedDir } from '../../support/shared.ts'

const spec = cxrGrey(128)
const chest = (seed = 3) => phantom({ seed, width: 300, height: 340, lesions: ['ground-glass'] }).image
const asFile = (image: GrayImage, source: Partial<ImageSource> = {}): DecodedImage => ({
  image,
  source: {
    format: 'png',
    width: image.width,
    height: image.height,
    bits: image.bits,
    colour: 'grey',
    alpha: false,
    chroma: 0,
    ...source,
  },
})
const judged = ({ image, source }: DecodedImage) =>
  judge(reduceImage(image, spec.workingSize), source, spec, DEFAULT_GATE)
function pass(image: GrayImage, source?: Partial<ImageSource>) {
  const { quality, refusal } = judged(asFile(image, source))
  expect(refusal).toBeUndefined()
  return quality
}
/** `ok`, or the refusal's code. */
const answer = (decoded: DecodedImage): string => judged(decoded).refusal?.code ?? 'ok'
const options = { limits: DEFAULT_LIMITS, codecs }

const drawn = (side: number, level: (u: number, v: number) => number): GrayImage => ({
  width: side,
  height: side,
  bits: 8,
  data: Uint16Array.from({ length: side * side }, (_, i) =>
    Math.round(255 * Math.min(1, Math.max(0, level((i % side) / side, Math.floor(i / side) / side)))),
  ),
})

describe('the gate lets through', () => {
  it('phantoms of every kind, with nothing to remark on their orientation', () => {
    for (let seed = 0; seed < 10; seed++) {
      const quality = pass(chest(seed))
      expect(quality.corrected).toBeUndefined()
      expect(quality.unlikeness).toBeLessThan(1)
      expect(quality.remarks).not.toContain('maybe-rotated')
    }
  })

  it.each([
    ['inverted', 'inverted'],
    ['rotated-90', 'rotated-270'],
    ['rotated-180', 'rotated-180'],
    ['rotated-270', 'rotated-90'],
  ] as [Reading, Reading][])('an image that is %s, corrected, and says so', async (reading, opposite) => {
    const png = async ({ width, height, data }: WorkingImage) =>
      takeIn(
        await encodePng({ width, height, channels: 1, data }),
        spec,
        { mode: 'refuse', spec: DEFAULT_GATE },
        options,
      )
    const right = { ...chest(), bits: 16, data: chest().data.map((value) => value << 4) }
    const corrected = await png(upright(right, opposite))
    expect(corrected.quality.corrected).toBe(reading)
    expect([...(await corrected.view(4096)).image.data]).toEqual([...right.data])
    expect(corrected.image).toEqual({ width: right.width, height: right.height, bits: 16 })
    expect([...corrected.preprocessed.tensor]).toEqual([...(await png(right)).preprocessed.tensor])
  })

  it('a photograph of an X-ray and a small one, with a remark', () => {
    expect(pass(chest(), { chroma: 0.08 }).remarks).toContain('photograph')
    const small = phantom({ seed: 1, width: 150, height: 170, lesions: [] }).image
    expect(pass(small).remarks).toContain('small')
  })
})

it('an image that uses a small part of its 16 bits is judged by that part', async () => {
  const png = async (data: Uint16Array) => {
    const { width, height } = chest()
    const bytes = await encodePng({ width, height, channels: 1, data })
    return answer(await decodeImage(bytes, { limits: DEFAULT_LIMITS, codecs }))
  }
  expect(await png(chest().data)).toBe('ok') // 12 bits, not shifted up
  expect(await png(chest().data.map((value) => 40_000 + (value >> 3)))).toBe('ok')
  expect(await png(chest().data.map((value) => 40_000 + (value >> 11)))).toBe('blank')
})

describe('the gate refuses', () => {
  const random = uniform(5)
  const noise = smoothNoise(uniform(9), 7)
  it.each([
    ['nothing but one level', drawn(300, () => 0.5), 'blank'],
    ['a thumbnail', phantom({ seed: 1, width: 60, height: 70, lesions: [] }).image, 'too-small'],
    ['noise', drawn(300, () => random()), 'not-a-chest-x-ray'],
    [
      'a page of text',
      drawn(400, (u, v) => (v % 0.05 < 0.02 && (u * 97) % 1 < 0.6 && u > 0.1 && u < 0.9 ? 0 : 1)),
      'not-a-chest-x-ray',
    ],
    ['a gradient', drawn(300, (u) => u), 'not-a-chest-x-ray'],
    [
      'a chequered drawing',
      drawn(300, (u, v) => (Math.floor(u * 8) + Math.floor(v * 8)) % 2),
      'not-a-chest-x-ray',
    ],
    ['a disc', drawn(300, (u, v) => ((u - 0.5) ** 2 + (v - 0.5) ** 2 < 0.1 ? 1 : 0)), 'not-a-chest-x-ray'],
    ['clouds', drawn(300, (u, v) => noise(u, v)), 'not-a-chest-x-ray'],
  ] as const)('%s', (_, image, code) => {
    expect(answer(asFile(image))).toBe(code)
  })

  it('with an error, or, where it is only to report, with a remark beside the tensor', async () => {
    const { width, height, data } = phantom({ seed: 1, width: 60, height: 70, lesions: [] }).image
    const png = await encodePng({ width, height, channels: 1, data: data.map((level) => level << 4) })
    const refused = takeIn(png, spec, { mode: 'refuse', spec: DEFAULT_GATE }, options)
    await expect(refused).rejects.toMatchObject({
      code: 'image-unsuitable',
      detail: 'too-small: 60 pixels a side; accepted: 96',
    })
    const { refusal, preprocessed } = await takeIn(png, spec, { mode: 'report', spec: DEFAULT_GATE }, options)
    expect(refusal).toEqual({ code: 'too-small', detail: '60 pixels a side; accepted: 96' })
    expect(new Set(preprocessed.tensor).size).toBeGreaterThan(50)
  })

  it('a colour picture', () => expect(answer(asFile(chest(), { chroma: 0.4 }))).toBe('colour'))

  it.each([
    ['CT', { '00080060': ['CS', 'CT'] }, 'wrong-modality'],
    ['a hip', { '00180015': ['CS', 'HIP'] }, 'wrong-body-part'],
    ['a left lateral', { '00185101': ['CS', 'LL'] }, 'lateral'],
    ['rows that run to the back', { '00200020': ['CS', 'P\\F'] }, 'lateral'],
    [
      'a view code of a lateral',
      { '00185101': ['CS', ''], '00540220': ['SQ', { items: [{ '00080104': ['LO', 'left lateral'] }] }] },
      'lateral',
    ],
    ...[
      'LAO',
      'L LAT',
      'PA/LAT',
      'SEITLICH',
      'PERFIL',
      'PROFIL',
      'XTABLE LAT',
      'OBLICUA',
      'DORSAL DECUBITUS',
      'BOCZNE',
    ].map((view) => [`the view ${view}`, { '00185101': ['CS', view] }, 'lateral'] as const),
    ...['AP SUPINE', 'LLD', 'LAT DECUBITUS', 'FLAT', 'STEHEND'].map(
      (view) => [`the view ${view}`, { '00185101': ['CS', view] }, 'ok'] as const,
    ),
    ...[
      'TX',
      'CXR',
      'PECHO',
      'CHST',
      'TORACE',
      'BRUSTKORB',
      'KLATKA PIERSIOWA',
      'Röntgen Göğüs',
      'GRADE 1',
    ].map((part) => [`the body part ${part}`, { '00180015': ['CS', part] }, 'ok'] as const),
    ...['THORACIC SPINE', 'KNIE', 'RODILLA', 'HANDS', 'BWS', 'Schädel'].map(
      (part) => [`the body part ${part}`, { '00180015': ['CS', part] }, 'wrong-body-part'] as const,
    ),
    [
      'the code of an oblique view (CID 4010)',
      { '00185101': ['CS', ''], '00540220': ['SQ', { items: [{ '00080100': ['SH', '399135007'] }] }] },
      'lateral',
    ],
    [
      'a lateral by its series, where no view is stated',
      { '00185101': ['CS', ''], '0008103E': ['LO', 'Thorax seitlich'] },
      'lateral',
    ],
    [
      'a series of both views, where no view is stated',
      { '00185101': ['CS', ''], '0008103E': ['LO', 'CHEST PA AND LATERAL'] },
      'ok',
    ],
    ['a portable chest', { '00180015': ['CS', 'PORT CHEST'], '00185101': ['CS', 'AP'] }, 'ok'],
    ['nothing said', { '00180015': ['CS', ''], '00185101': ['CS', ''], '00080060': ['CS', 'OT'] }, 'ok'],
  ] as [string, Elements, string][])(
    'or accepts a DICOM object by its tags: %s',
    async (_, tags, expected) => {
      const image = chest()
      const elements = chestElements(image, { allocated: 16, stored: 12 }, tags)
      const file = writeDicom('1.2.840.10008.1.2.1', elements, littleEndian(image.data))
      expect(answer(await decodeImage(file, options))).toBe(expected)
    },
  )
})

const folder = resolve(sharedDir(), 'cxr/images')
it.skipIf(!existsSync(folder))(
  'refuses at most 2 % of real chest X-rays',
  async () => {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.jpg'),
    )
    const some = files.sort().filter((_, i) => i % 8 === 0)
    let refused = 0
    for (const file of some) {
      const bytes = readFileSync(resolve(folder, file))
      if (answer(await decodeImage(bytes, options)) !== 'ok') refused++
    }
    expect(refused / some.length).toBeLessThanOrEqual(0.02)
  },
  60_000,
)
