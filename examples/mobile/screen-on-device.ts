/**
 * Screening on the phone itself: the project's own preprocessing (plain TypeScript), the same model.onnx, and onnxruntime-react-native.
 * The runtime is an argument: the same file runs with onnxruntime-node, which is how it is tested.
 *
 * @example
 * import { InferenceSession, Tensor } from 'onnxruntime-react-native'
 * const screener = await createScreener({ InferenceSession, Tensor, model: modelPath, manifest, codecs })
 * await selfCheck(screener.prepare, golden, sha256) // once, at start
 * const { label, probabilities } = await screener.screen(bytes)
 */
import type { Codecs } from '@detl/core/image/codecs'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { takeIn } from '@detl/core/intake/intake'
import type { Manifest } from '@detl/core/model/manifest'
import { collectOutputs, outputsOf, readScores, type Scores } from '@detl/core/model/outputs'

type Session = {
  run(feeds: Record<string, unknown>, outputs: string[]): Promise<Record<string, { data: unknown }>>
}
/** What is used of onnxruntime-react-native; onnxruntime-node and -web offer the same. */
export type Runtime = {
  readonly InferenceSession: { create(model: string): Promise<Session> }
  readonly Tensor: new (type: 'uint8', data: Uint8Array, dims: number[]) => unknown
}

export type ScreenerOptions = Runtime & {
  /** Path of model.onnx on the device, with the digest that the manifest names. */
  readonly model: string
  readonly manifest: Manifest
  /** Decoders for JPEG and compressed DICOM: on a phone without WebAssembly, native ones. */
  readonly codecs: Codecs
}

export async function createScreener({ InferenceSession, Tensor, model, manifest, codecs }: ScreenerOptions) {
  const session = await InferenceSession.create(model)
  const { size } = manifest.preprocess
  /** File → UINT8 [1,1,S,S]. @throws AppError for a file that cannot be read or is no frontal chest X-ray */
  const prepare = async (file: Uint8Array): Promise<Uint8Array> => {
    const gate = { mode: 'refuse', spec: manifest.gate } as const
    const options = { limits: DEFAULT_LIMITS, codecs }
    return (await takeIn(file, manifest.preprocess, gate, options)).preprocessed.tensor
  }
  /** Scores, not a diagnosis. */
  const screen = async (file: Uint8Array): Promise<Scores> => {
    const image = new Tensor('uint8', await prepare(file), [1, 1, size, size])
    const names = outputsOf(manifest)
    const outputs = await session.run({ image }, names)
    return readScores(
      manifest,
      collectOutputs(names, (name) => outputs[name]?.data),
    )
  }
  return { prepare, screen }
}

/** One file of test/golden/intake and the SHA-256 of its tensor, from intake.json. */
export type Golden = { readonly name: string; readonly file: Uint8Array; readonly tensor: string }

/**
 * Holds the phone's preprocessing against the public golden tensors, bit for bit: a decoder of the phone that rounds otherwise is
 * found here, before it changes a score.
 * @throws Error naming the first file whose tensor differs
 */
export async function selfCheck(
  prepare: (file: Uint8Array) => Promise<Uint8Array>,
  golden: readonly Golden[],
  sha256: (bytes: Uint8Array) => Promise<string>,
): Promise<void> {
  for (const { name, file, tensor } of golden) {
    const got = await sha256(await prepare(file))
    if (got !== tensor) throw new Error(`${name}: tensor ${got}; golden ${tensor}`)
  }
}
