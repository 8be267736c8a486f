import type { Codecs, DecodedFrame } from '@detl/core/image/codecs'
import * as z from 'zod'

/** The codecs by name, as the paths of the Worker `detl-codecs` have them. */
export const CODEC_NAMES: readonly (keyof Codecs)[] = [
  'jpeg',
  'jpegExtended',
  'jpegLossless',
  'jpegLs',
  'jpeg2000',
  'htj2k',
]

/** All of a frame but its samples, as JSON; the samples are the body, in the byte order of the machine that both Workers run on. */
export const FRAME_HEADER = 'detl-frame'
/** Status of data that a codec cannot decode; any other failure is the service's. */
export const UNDECODABLE = 422

const ARRAYS = { u8: Uint8Array, u16: Uint16Array, i16: Int16Array } as const
const frameSchema = z.object({
  width: z.int().positive(),
  height: z.int().positive(),
  components: z.int().positive(),
  bits: z.int().min(1).max(16),
  samples: z.enum(['u8', 'u16', 'i16']),
})

export function frameHeader({ width, height, components, bits, data }: DecodedFrame): string {
  const samples = data instanceof Int16Array ? 'i16' : data instanceof Uint16Array ? 'u16' : 'u8'
  return JSON.stringify({ width, height, components, bits, samples } satisfies z.infer<typeof frameSchema>)
}

/** @throws Error where header and samples do not belong together */
export function readFrame(header: string | null, samples: ArrayBuffer): DecodedFrame {
  const { samples: kind, ...frame } = frameSchema.parse(JSON.parse(header ?? 'null'))
  const data = new ARRAYS[kind](samples)
  if (data.length !== frame.width * frame.height * frame.components)
    throw new Error('the frame has not as many samples as its header says')
  return { ...frame, data }
}
