import { convert } from '@detl/export/convert'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { bytesOf, detl12, sourceOf } from '../test/export/harness.ts'
import type { Figure } from './run.ts'

const SIZE = 128
/** Short rounds and many: the two halves of a pair then see the same neighbours. */
const ROUNDS = { 1: 301, 16: 41 } as const
const RUNS = { 1: 2, 16: 1 } as const

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b)
const median = (values: readonly number[]): number => sorted(values)[values.length >> 1]!
const quartiles = (values: readonly number[]): number => {
  const list = sorted(values)
  return list[(list.length * 3) >> 2]! - list[list.length >> 2]!
}

/**
 * One run with scores and the maps of all four classes ÷ a run of the same network exported without Grad-CAM: the paper's
 * network, S = 128. The two alternate, whichever goes first; the ratio is taken within each pair. Time is the processor's, of
 * one thread: on a shared machine the clock on the wall says more about the neighbours than about 0.1 % more arithmetic.
 */
export default async function cam(): Promise<Record<string, Figure>> {
  const source = await sourceOf(detl12(SIZE))
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1 }
  const plain = await InferenceSession.create(bytesOf(convert(source)), options)
  const figures: Record<string, Figure> = {}
  for (const [name, featureMaps] of [
    ['gpu.cam_cost', true],
    ['gpu.cam_cost_without_feature_maps', false],
  ] as const) {
    const full = await InferenceSession.create(bytesOf(convert(source, { cam: { featureMaps } })), options)
    figures[name] = await costOf(plain, full)
    await full.release()
  }
  await plain.release()
  return figures
}

async function costOf(plain: InferenceSession, full: InferenceSession): Promise<Figure> {
  const input = plain.inputNames[0]!
  const found: { batch: 1 | 16; ratios: number[] }[] = []
  for (const batch of [1, 16] as const) {
    const data = Float32Array.from(
      { length: batch * SIZE * SIZE },
      (_, i) => ((i * 2654435761) >>> 0) / 2 ** 32,
    )
    const feeds = { [input]: new Tensor('float32', data, [batch, SIZE, SIZE, 1]) }
    const time = async (session: InferenceSession, fetches: readonly string[]): Promise<number> => {
      const start = process.cpuUsage()
      for (let i = 0; i < RUNS[batch]; i++) await session.run(feeds, fetches)
      const { user, system } = process.cpuUsage(start)
      return user + system
    }
    const scores = () => time(plain, ['dense3'])
    const both = () => time(full, ['dense3', 'cam'])
    await scores()
    await both()
    const ratios: number[] = []
    for (let round = 0; round < ROUNDS[batch]; round++) {
      if (round % 2 === 0) {
        const alone = await scores()
        ratios.push((await both()) / alone)
      } else {
        const together = await both()
        ratios.push(together / (await scores()))
      }
    }
    found.push({ batch, ratios })
  }
  const [a, b] = found as [(typeof found)[0], (typeof found)[0]]
  const worst = median(a.ratios) > median(b.ratios) ? a : b
  return {
    value: median(worst.ratios),
    unit: 'ratio',
    runs: ROUNDS[worst.batch],
    spread: quartiles(worst.ratios),
    against: `scores alone, batch ${worst.batch} (the dearer of 1 and 16), S = ${SIZE}`,
  }
}
