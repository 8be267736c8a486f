import * as z from 'zod'
import { AppError } from '../api/problem.ts'
import { REMARK_CODES } from '../api/quality.ts'
import type { TakenIn } from '../intake/taken-in.ts'
import { type PreprocessSpec, preprocessId } from '../preprocess/spec.ts'
import { decodeInferRequest, encodeInferRequest, HEADER_LENGTH } from './oip.ts'

/**
 * A screening's tensor instead of its image: an Open Inference Protocol v2 request with binary data. Its one input is `image`, UINT8
 * [1,1,S,S]; its parameters are `preprocess` (the specification's id) and `taken` (JSON: what the gate measured, and how the tensor
 * lies on the image).
 */
export const TENSOR_TYPE = 'application/vnd.detl.tensor'

/** A tensor has at most 1024 × 1024 cells; what is said of it is short. */
const LIMITS = { maxJsonBytes: 16_384, maxTensors: 1, maxElements: 2 ** 20 }

const share = z.number().min(0).max(1)
const side = z.number().min(0).max(100_000)
const rectangle = z.strictObject({ x: side, y: side, width: side, height: side })
const takenSchema = z.strictObject({
  format: z.enum(['png', 'jpeg', 'dicom']),
  width: z.int().min(1).max(100_000),
  height: z.int().min(1).max(100_000),
  bits: z.int().min(1).max(16),
  crop: rectangle,
  placed: rectangle,
  quality: z.strictObject({
    remarks: z.array(z.enum(REMARK_CODES)).max(REMARK_CODES.length),
    corrected: z.enum(['inverted', 'rotated-90', 'rotated-180', 'rotated-270']).optional(),
    unlikeness: share,
    clipped: z.strictObject({ dark: share, bright: share }),
  }),
})

/**
 * What the gate let through, as a body for POST /v1/screenings: some 17 kB at S = 128, whatever the image has.
 * @param taken of `takeIn` with the gate's mode `refuse`: what it refuses is not to be sent
 * @returns the body and the headers that go with it
 * @example
 * const { headers, body } = encodeTensorUpload(await takeIn(file, preprocess, gate, options), preprocess)
 * await fetch(`${endpoint}/v1/screenings`, { method: 'POST', headers: { ...headers, authorization }, body })
 */
export function encodeTensorUpload(
  { image, source, quality, preprocessed }: TakenIn,
  spec: PreprocessSpec,
): { headers: Record<string, string>; body: Uint8Array<ArrayBuffer> } {
  const { width, height, bits } = image
  const { crop, placed } = preprocessed.geometry
  const taken: z.input<typeof takenSchema> = {
    format: source.format,
    width,
    height,
    bits,
    crop,
    placed,
    quality: { ...quality, remarks: [...quality.remarks] },
  }
  const { body, headerLength } = encodeInferRequest({
    inputs: [
      {
        name: 'image',
        datatype: 'UINT8',
        shape: [1, 1, spec.size, spec.size],
        data: preprocessed.tensor,
      },
    ],
    parameters: { preprocess: preprocessId(spec), taken: JSON.stringify(taken) },
  })
  return { headers: { 'content-type': TENSOR_TYPE, [HEADER_LENGTH]: String(headerLength) }, body }
}

/**
 * @param headerLength value of `Inference-Header-Content-Length`
 * @throws AppError request-invalid; preprocess-mismatch for a tensor that was made by another specification
 */
export function decodeTensorUpload(
  body: Uint8Array,
  headerLength: number | undefined,
  spec: PreprocessSpec,
): TakenIn {
  const { inputs, parameters } = decodeInferRequest(body, headerLength, LIMITS)
  const [input] = inputs
  if (parameters.preprocess !== preprocessId(spec)) {
    const given = String(parameters.preprocess ?? 'nothing').slice(0, 64)
    throw new AppError(
      'preprocess-mismatch',
      `the tensor is of ${given}; this model takes ${preprocessId(spec)}`,
    )
  }
  const shape = [1, 1, spec.size, spec.size]
  if (input?.name !== 'image' || input.datatype !== 'UINT8' || input.shape.join() !== shape.join())
    throw new AppError('request-invalid', `the tensor must be "image", UINT8 [${shape}]`)
  const { format, width, height, bits, crop, placed, quality } = readTaken(parameters.taken)
  return {
    image: { width, height, bits },
    source: { format },
    quality: { ...quality, corrected: quality.corrected },
    preprocessed: { tensor: input.data.slice(), geometry: { crop, placed } },
  }
}

function readTaken(text: unknown): z.output<typeof takenSchema> {
  let json: unknown
  try {
    json = JSON.parse(String(text))
  } catch (cause) {
    throw new AppError('request-invalid', 'parameter taken is no JSON', { cause })
  }
  const parsed = takenSchema.safeParse(json)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new AppError('request-invalid', `parameter taken: ${issue?.path.join('.')}: ${issue?.message}`)
}
