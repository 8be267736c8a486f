import { codecs } from '@detl/codecs/modules'
import { AppError } from '@detl/core/api/problem'
import { DEFAULT_GATE } from '@detl/core/gate/chest-model'
import { decodeImage } from '@detl/core/image/decode'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { takeIn } from '@detl/core/intake/intake'
import { cxrGrey } from '@detl/core/preprocess/spec'

/** What one file became, in numbers and digests that must not differ from one runtime to another. */
export type Outcome =
  | {
      /** SHA-256 of the full-resolution samples. */
      readonly image: string
      /** SHA-256 of the tensor as the network is trained on it: the gate refuses nothing. */
      readonly tensor: string
      /** As it is served, or the gate's refusal. */
      readonly served: string
      readonly quality: string
      readonly geometry: string
      readonly window: string
    }
  | { readonly error: string }

const options = { limits: DEFAULT_LIMITS, codecs }
const spec = cxrGrey(128)

/** Runs in Node, in workerd and in a page: the same source, with each runtime's own codecs. */
export async function outcomeOf(bytes: Uint8Array): Promise<Outcome> {
  try {
    const { image } = await decodeImage(bytes, options)
    const { preprocessed, quality } = await takeIn(
      bytes,
      spec,
      { mode: 'report', spec: DEFAULT_GATE },
      options,
    )
    return {
      image: await digest(image.data),
      tensor: await digest(preprocessed.tensor),
      served: await served(bytes),
      quality: JSON.stringify(quality),
      geometry: JSON.stringify(preprocessed.geometry),
      window: JSON.stringify(preprocessed.window),
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { error: `${error.code}: ${error.detail}` }
  }
}

/** SHA-256 of the tensor as it is served, or the gate's refusal. */
export async function served(bytes: Uint8Array): Promise<string> {
  try {
    const { preprocessed } = await takeIn(bytes, spec, { mode: 'refuse', spec: DEFAULT_GATE }, options)
    return await digest(preprocessed.tensor)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return error.detail
  }
}

async function digest(data: Uint8Array | Uint16Array): Promise<string> {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice()
  const hash = await crypto.subtle.digest('SHA-256', bytes)
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
