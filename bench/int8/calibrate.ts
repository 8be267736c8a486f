/**
 * `node bench/int8/calibrate.ts MODEL DATA [--images N] [--no-web-assembly]`: how the shipped models got their int8.json and model.int8.onnx. It is
 * `detl quantize MODEL --beside --calibrate …` on N training images that are no image, and no patient's other image, of the held-out fold.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { quantiseBeside } from '@detl/cli/quantise/quantise-folder'
import { trainingImages } from './training-images.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    images: { type: 'string', default: '512' },
    'no-web-assembly': { type: 'boolean', default: false },
  },
})
const [model, data] = positionals
if (!model || !data) {
  console.error(
    'usage: node bench/int8/calibrate.ts MODEL DATA; DATA is a folder with manifest.csv and images/',
  )
  process.exit(2)
}
const limit = Number(values.images)
const images = trainingImages(model, data, limit).map((file) => join(data, file))
const webAssembly = !values['no-web-assembly']
console.log(await quantiseBeside({ model, images, limit, method: 'minmax', webAssembly }))
