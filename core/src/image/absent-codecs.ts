import { AppError } from '../api/problem.ts'
import type { Codecs } from './codecs.ts'

const absent = (name: keyof Codecs) => async () => {
  throw new AppError(
    'image-unsupported',
    `this file needs a decoder that is not here: give \`codecs.${name}\`, for example of @detl/codecs`,
  )
}

/**
 * These decoders, and for each other kind one that refuses the file by name.
 * @example withAbsent({}).jpeg(bytes, 0) // rejects: image-unsupported
 */
export const withAbsent = <C extends Partial<Codecs>>(codecs: C): C & Codecs => ({
  jpeg: absent('jpeg'),
  jpegExtended: absent('jpegExtended'),
  jpegLossless: absent('jpegLossless'),
  jpegLs: absent('jpegLs'),
  jpeg2000: absent('jpeg2000'),
  htj2k: absent('htj2k'),
  ...codecs,
})
