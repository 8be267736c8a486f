/**
 * Screening through the endpoint without sending the image: the phone decodes it, asks the gate and makes the tensor, and only that goes
 * over the network: some 17 kB instead of 0.1 to 20 MB. Scores and heat maps come back as for an image.
 *
 * @example
 * const client = await tensorClient({ endpoint: 'https://screening.example', key, codecs })
 * const { label, probabilities } = await client.screen(bytes)
 */
import { withAbsent } from '@detl/core/image/absent-codecs'
import type { Codecs } from '@detl/core/image/codecs'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { takeIn } from '@detl/core/intake/intake'
import { type Manifest, manifestSchema } from '@detl/core/model/manifest'
import { encodeTensorUpload } from '@detl/core/wire/tensor-upload'
import * as z from 'zod'
import { type Endpoint, postScreening, type Screened } from './post-screening.ts'

/** The endpoint, and the decoders that this side has. */
export type TensorClientOptions = Endpoint & {
  /** Decoders for JPEG and compressed DICOM: on a phone without WebAssembly, native ones (docs/mobile.md). */
  readonly codecs: Partial<Codecs>
}

/** Asks the endpoint how its model wants its tensors. @throws Error if it does not say */
export async function tensorClient({ codecs, ...endpoint }: TensorClientOptions) {
  const { fetch: call = fetch } = endpoint
  const response = await call(`${endpoint.endpoint}/v1/model`)
  if (!response.ok) throw new Error(`GET /v1/model: ${response.status}`)
  const manifest: Manifest = manifestSchema.extend({ preprocessId: z.string() }).parse(await response.json())

  /**
   * Decode, gate, tensor, call.
   * @throws AppError for a file that cannot be read or is no frontal chest X-ray; ScreeningError as `postScreening` says, with the code
   *   `preprocess-mismatch` when the endpoint has another model since: make a new client
   */
  const screen = async (file: Uint8Array): Promise<Screened> => {
    const gate = { mode: 'refuse', spec: manifest.gate } as const
    const taken = await takeIn(file, manifest.preprocess, gate, {
      limits: DEFAULT_LIMITS,
      codecs: withAbsent(codecs),
    })
    return postScreening(endpoint, () => encodeTensorUpload(taken, manifest.preprocess))
  }
  return { screen }
}
