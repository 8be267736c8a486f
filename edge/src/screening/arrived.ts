import { AppError } from '@detl/core/api/problem'
import type { RuntimeCodecs } from '@detl/core/image/codecs'
import type { ImageLimits } from '@detl/core/image/limits'
import { takeIn } from '@detl/core/intake/intake'
import type { Intake, TakenIn } from '@detl/core/intake/taken-in'
import type { Manifest } from '@detl/core/model/manifest'
import { HEADER_LENGTH, parseHeaderLength } from '@detl/core/wire/oip'
import { decodeTensorUpload, TENSOR_TYPE } from '@detl/core/wire/tensor-upload'

export type ArrivalDeps = {
  readonly manifest: Manifest
  readonly limits: ImageLimits
  readonly codecs: RuntimeCodecs
}

export type ArrivedImage = {
  readonly preprocessedBy: 'service'
  readonly bytes: Uint8Array
  readonly intake: Intake
}
/** What came of an upload: an image that was taken in here, or a tensor that its sender made of one. */
export type Arrived = ArrivedImage | { readonly preprocessedBy: 'client'; readonly intake: TakenIn }

export const isTensor = (request: Request): boolean =>
  request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() === TENSOR_TYPE

/** @throws AppError as `takeIn`, with the gate's mode `refuse`, and `decodeTensorUpload` say */
export async function takeUpload(deps: ArrivalDeps, request: Request, bytes: Uint8Array): Promise<Arrived> {
  if (isTensor(request)) {
    const headerLength = parseHeaderLength(request.headers.get(HEADER_LENGTH))
    if (headerLength === undefined) throw new AppError('request-invalid', `a tensor needs ${HEADER_LENGTH}`)
    return {
      preprocessedBy: 'client',
      intake: decodeTensorUpload(bytes, headerLength, deps.manifest.preprocess),
    }
  }
  return takeImage(deps, bytes)
}

/** @throws AppError as `takeIn`, with the gate's mode `refuse`, says */
export async function takeImage(
  { manifest, limits, codecs }: ArrivalDeps,
  bytes: Uint8Array,
): Promise<ArrivedImage> {
  const { preprocess, gate: spec } = manifest
  const intake = await takeIn(bytes, preprocess, { mode: 'refuse', spec }, { limits, codecs })
  return { preprocessedBy: 'service', bytes, intake }
}
