import { codecs } from '@detl/codecs/modules'
import { DEFAULT_GATE } from '@detl/core/gate/chest-model'
import type { ImageSource } from '@detl/core/image/image-source'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { takeIn } from '@detl/core/intake/intake'
import { readReduced } from '@detl/core/intake/read'
import { resample } from '@detl/core/preprocess/fit'
import type { Geometry } from '@detl/core/preprocess/preprocessed'
import { cxrGrey } from '@detl/core/preprocess/spec'
import type { InputKind, InputSpec } from '../config.ts'
import type { UprightImage } from './record.ts'

/** @param size S */
export const inputSpec = (kind: InputKind, size: number): InputSpec =>
  kind === 'plain' ? { name: 'plain', version: 1, size } : cxrGrey(size)

/** What the gate would refuse is trained on all the same; what it puts upright is put upright here too, as in serving. */
export const TRAINING_GATE = { mode: 'report', spec: DEFAULT_GATE } as const

const OPTIONS = { limits: DEFAULT_LIMITS, codecs }

/** An image file as a run sees it. */
export type ModelInput = {
  /** [S,S] */
  tensor: Uint8Array
  geometry: Geometry
  image: UprightImage
  source: ImageSource
}

/**
 * @param bytes of an image file
 * @throws AppError as `takeIn` says
 */
export async function modelInput(bytes: Uint8Array, spec: InputSpec): Promise<ModelInput> {
  if (spec.name === 'plain') return plainInput(bytes, spec.size)
  const { image, quality, preprocessed, source } = await takeIn(bytes, spec, TRAINING_GATE, OPTIONS)
  const { tensor, geometry } = preprocessed
  const { width, height } = image
  return { tensor, geometry, image: { width, height, lay: quality.corrected ?? 'upright' }, source }
}

async function plainInput(bytes: Uint8Array, size: number): Promise<ModelInput> {
  const { working, size: full, source } = await readReduced(bytes, cxrGrey(size), OPTIONS)
  const whole = { x: 0, y: 0, width: working.width, height: working.height }
  const levels = resample(working, whole, size, size)
  const image: UprightImage = { width: full.width, height: full.height, lay: 'upright' }
  const geometry = {
    crop: { x: 0, y: 0, width: full.width, height: full.height },
    placed: { x: 0, y: 0, width: size, height: size },
  }
  return { tensor: Uint8Array.from(levels, (v) => v / 257 + 0.5), geometry, image, source }
}
