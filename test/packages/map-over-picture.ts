import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tensor } from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import sharp from 'sharp'
import { expect, it } from 'vitest'
import { saveToFolder } from '../export/harness.ts'

/** What the network takes, and the picture: each pixel of the network is 5 × 3 of the picture. */
const SIDE = 32
const WIDTH = 160
const HEIGHT = 96
/** Where the picture is bright, in the network's pixels: off the middle, and neither square nor symmetrical. */
const BRIGHT = { top: 4, bottom: 12, left: 18, right: 29 }
const DARK_LEVEL = 40
const BRIGHT_LEVEL = 250

/** A network whose class 1 is bright places: a mean over 3 × 3 pixels above one half, summed over the image. */
async function saveSeesBright(folder: string, channels: number): Promise<void> {
  const model = tfl.sequential({
    layers: [
      tfl.layers.conv2d({
        name: 'maps',
        inputShape: [SIDE, SIDE, channels],
        filters: 1,
        kernelSize: 3,
        activation: 'relu',
      }),
      tfl.layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }),
      tfl.layers.dense({ units: 2, activation: 'softmax' }),
    ],
  })
  const taps = 9 * channels
  model.setWeights([
    tensor(
      Array.from({ length: taps }, () => 1 / taps),
      [3, 3, channels, 1],
    ),
    tensor([-0.5], [1]),
    tensor([-20, 20], [1, 2]),
    tensor([0, 0], [2]),
  ])
  cpSync(await saveToFolder(model), folder, { recursive: true })
}

const within = (row: number, column: number, margin: number): boolean =>
  row >= BRIGHT.top - margin &&
  row < BRIGHT.bottom + margin &&
  column >= BRIGHT.left - margin &&
  column < BRIGHT.right + margin

/** A grey picture, dark but for one rectangle. */
const picture = (): Promise<Buffer> => {
  const levels = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => {
    const row = (Math.floor(i / WIDTH) * SIDE) / HEIGHT
    const column = ((i % WIDTH) * SIDE) / WIDTH
    return within(row, column, 0) ? BRIGHT_LEVEL : DARK_LEVEL
  })
  return sharp(levels, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } })
    .png()
    .toBuffer()
}

/**
 * What the converter's first example draws: red where the network's evidence is, and the picture as it was elsewhere.
 * @param project an empty project with the packages installed
 * @param example the example's text
 * @param run runs a program in a folder
 */
export function mapOverPicture(
  project: string,
  example: () => string,
  run: (program: string, args: readonly string[], folder: string) => Promise<string>,
): void {
  it.each([1, 3])('the example’s map lies over what the network sees (%i channels)', async (channels) => {
    const folder = join(project, `drawn-${channels}`)
    mkdirSync(folder)
    await saveSeesBright(join(folder, 'model'), channels)
    writeFileSync(join(folder, 'xray.png'), await picture())
    writeFileSync(join(folder, 'explain.mjs'), example())
    expect(await run(process.execPath, ['explain.mjs'], folder)).toBe(
      'explained.png: what maps saw for class 1\n',
    )

    const { data, info } = await sharp(join(folder, 'explained.png'))
      .raw()
      .toBuffer({ resolveWithObject: true })
    expect([info.width, info.height]).toEqual([SIDE, SIDE])
    const drawn = Array.from({ length: SIDE * SIDE }, (_, i) => ({
      row: Math.floor(i / SIDE),
      column: i % SIDE,
      red: data[i * info.channels]!,
      green: data[i * info.channels + 1]!,
      blue: data[i * info.channels + 2]!,
    }))
    // The edge is left out: convolution, and the map's and the picture's own change of size, soften it.
    const inside = drawn.filter(({ row, column }) => within(row, column, -2))
    const outside = drawn.filter(({ row, column }) => !within(row, column, 3))
    expect(inside.length).toBeGreaterThan(0)
    expect(inside.filter(({ red, green, blue }) => red - Math.max(green, blue) < 140)).toEqual([])
    expect(
      outside.filter((pixel) =>
        [pixel.red, pixel.green, pixel.blue].some((v) => Math.abs(v - DARK_LEVEL) > 3),
      ),
    ).toEqual([])
  })
}
