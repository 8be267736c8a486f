import { codecs } from '@detl/codecs/modules'
import { DEFAULT_LIMITS, type ImageLimits } from '@detl/core/image/limits'
import { takeIn } from '@detl/core/intake/intake'
import type { Intake } from '@detl/core/intake/taken-in'
import type { Manifest } from '@detl/core/model/manifest'

/** A machine of the hospital has more memory than a Worker. */
const LIMITS: ImageLimits = { ...DEFAULT_LIMITS, maxMemory: 1_000_000_000 }

/** Decode, gate, tensor: in this process, so that no image leaves the hospital. @throws AppError as `takeIn` says */
export const takeInHere = (bytes: Uint8Array, { preprocess, gate: spec }: Manifest): Promise<Intake> =>
  takeIn(bytes, preprocess, { mode: 'refuse', spec }, { limits: LIMITS, codecs })
