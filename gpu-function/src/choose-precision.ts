import type { Manifest } from '@detl/core/model/manifest'
import type { Precision } from '@detl/core/model/precision'
import { type PrecisionChoice, rowBytes, type Session, type SessionOptions } from './session-messages.ts'
import { fillPicture } from './test-run.ts'

/** A session, which of the model's files it runs, and why. */
export type Opened = {
  readonly session: Session
  readonly precision: Precision
  /** SHA-256 of the file that is run. */
  readonly runs: string
  /** Why it is this file, for the log; undefined where there was nothing to choose. */
  readonly because?: string
}

type FileBytes = { readonly onnx: ArrayBuffer; readonly digest: string }
type Files = FileBytes & { readonly manifest: Manifest; readonly int8?: FileBytes | undefined }

const ROUNDS = 7
/** A gain that is smaller may be chance. */
const WORTH = 0.95

/**
 * A session of the model, or of its 8-bit file where that is asked for, or is found to be faster. On a GPU the 8-bit file is never taken: its integers
 * are for processors.
 */
export async function openPrecision(
  { manifest, onnx, digest, int8 }: Files,
  options: SessionOptions & { readonly precision: PrecisionChoice },
  open: (onnx: ArrayBuffer, options: SessionOptions) => Promise<Session>,
): Promise<Opened> {
  const session = await open(onnx, options)
  const whole: Opened = { session, precision: manifest.precision ?? 'fp32', runs: digest }
  if (options.precision === 'fp32') return whole
  if (session.provider !== 'cpu') return { ...whole, because: `${session.provider} runs no 8-bit file` }
  if (!int8) return { ...whole, because: 'the model has no 8-bit file' }
  try {
    const integers = await open(int8.onnx, options)
    const small: Opened = { session: integers, precision: 'int8', runs: int8.digest }
    if (options.precision === 'int8') {
      await session.close()
      return { ...small, because: 'asked for' }
    }
    const sizes = [...new Set([1, options.maxRows])]
    const ratios: number[] = []
    for (const rows of sizes) ratios.push(await ratioOf(integers, session, rows))
    const said = sizes.map((rows, i) => `${ratios[i]!.toFixed(2)} of fp32's time at batch ${rows}`)
    const because = `measured at start: int8 takes ${said.join(', ')}`
    const faster = Math.max(...ratios) <= WORTH
    await (faster ? session : integers).close()
    return { ...(faster ? small : whole), because }
  } catch (error) {
    await session.close()
    throw error
  }
}

/** Times of single runs in turn, since what else the machine does changes; the fastest of each, which it disturbed least. */
async function ratioOf(a: Session, b: Session, rows: number): Promise<number> {
  const row = rowBytes(a.image)
  const inputs = [fillPicture(new Uint8Array(rows * row), row)]
  const outputs = a.outputs.map(({ name }) => name)
  const best = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (let round = 0; round <= ROUNDS; round++)
    for (const [i, session] of [a, b].entries()) {
      const { runMs } = await session.run({ inputs, rows, outputs })
      if (round > 0) best[i] = Math.min(best[i]!, runMs) // the first run allocates
    }
  return best[0]! / best[1]!
}
