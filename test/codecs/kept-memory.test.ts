import { phantom } from '@detl/core/phantom/phantom'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chestElements, writeDicom } from '../support/dicom-writer.ts'
import { encode } from '../support/encoders.ts'
import { intakeWorker } from '../support/intake-worker.ts'

const SIZE = { width: 300, height: 300 }
const data = phantom({ seed: 1, ...SIZE, lesions: [] }).image.data.map((value) => value << 4)

let worker: Awaited<ReturnType<typeof intakeWorker>>
beforeAll(async () => {
  worker = await intakeWorker()
}, 60_000)
afterAll(() => worker.stop())

it('a Worker keeps no heap of a wavelet codec, each of which begins with 50 MiB of its 128 MB', async () => {
  const elements = chestElements(SIZE, { allocated: 16, stored: 16 })
  for (const [codec, syntax] of [
    ['jpeg-2000', '90'],
    ['htj2k', '201'],
    ['jpeg-2000', '90'],
  ] as const) {
    const fragments = [await encode(codec, { ...SIZE, data }, 16)]
    const file = writeDicom(`1.2.840.10008.1.2.4.${syntax}`, elements, { fragments })
    expect(await worker.answer(file)).toBe('ok')
  }
  expect((await worker.peakMb()).wasm).toBeLessThan(16)
})
