import { convert } from '@detl/export/convert'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { bytesOf, detl12, sourceOf } from '../test/export/harness.ts'

const SIZE = 128
const ROUNDS = 31
/** Enough runs a round that a round takes some 100 ms: the clock and the scheduler disappear in it. */
const RUNS = { 1: 10, 16: 1 } as const

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!
/** Half the interquartile range, as a share of the median. */
const spread = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return (sorted[(sorted.length * 3) >> 2]! - sorted[sorted.length >> 2]!) / 2 / median(values)
}

/**
 * One run with scores and the maps of all four classes ÷ a run of the same network exported without Grad-CAM; the paper's network,
 * S = 128. The two alternate, first one first, then the other; the ratio is taken within each pair. Threads: ONNX Runtime's default.
 */
export default async function cam(): Promise<
  Record<string, { value: number; unit: string; runs: number; spread: number; against: string }>
> {
  const source = await sourceOf(detl12(SIZE))
  const plain = await InferenceSession.create(bytesOf(convert(source)))
  const full = await InferenceSession.create(bytesOf(convert(source, { cam: {} })))
  const input = plain.inputNames[0]!
  let worst = { value: 0, spread: 0, batch: 0 }
  for (const batch of [1, 16] as const) {
    const data = Float32Array.from(
      { length: batch * SIZE * SIZE },
      (_, i) => ((i * 2654435761) >>> 0) / 2 ** 32,
    )
    const feeds = { [input]: new Tensor('float32', data, [batch, SIZE, SIZE, 1]) }
    const time = async (session: InferenceSession, fetches: readonly string[]): Promise<number> => {
      const start = performance.now()
      for (let i = 0; i < RUNS[batch]; i++) await session.run(feeds, fetches)
      return performance.now() - start
    }
    const scores = () => time(plain, ['dense3'])
    const both = () => time(full, ['dense3', 'cam'])
    await scores()
    await both()
    const ratios: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const [a, b] =
        round % 2 === 0
          ? [await scores(), await both()]
          : ((await both().then(async (t) => [await scores(), t])) as [number, number])
      ratios.push(b / a)
    }
    if (median(ratios) > worst.value) worst = { value: median(ratios), spread: spread(ratios), batch }
  }
  await plain.release()
  await full.release()
  return {
    'gpu.cam_cost': {
      value: worst.value,
      unit: 'ratio',
      runs: ROUNDS,
      spread: worst.spread,
      against: `scores alone, batch ${worst.batch} (the dearer of 1 and 16), S = ${SIZE}`,
    },
  }
}
