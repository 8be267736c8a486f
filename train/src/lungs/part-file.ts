import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '@detl/core/api/problem'
import * as z from 'zod'
import { writeJson } from '../files.ts'

const NAME = 'part.json'
const schema = z.strictObject({
  epochs: z.int().positive(),
  /** Of the files that were held out. */
  heldOut: z.string(),
})
/** part.json of a part's folder: what its network has not seen, and how long it was trained. It is written when `best/` is there. */
export type PartFacts = z.infer<typeof schema>

/** @param files that are held out, in any order */
export const heldOutDigest = (files: readonly string[]): string =>
  createHash('sha256')
    .update(JSON.stringify([...files].sort()))
    .digest('hex')

export const writePart = (dir: string, facts: PartFacts): void => writeJson(join(dir, NAME), facts)

/**
 * Checks that the network in `dir` has not seen the images that are held out now: with another seed or other data, folds are others.
 * @throws AppError request-invalid where it is not trained, does not say, or has seen some of them
 */
export function unseenPart(dir: string, heldOut: readonly string[]): PartFacts {
  if (!existsSync(join(dir, 'best')))
    throw new AppError(
      'request-invalid',
      `${dir} holds no trained network: train it with \`detl train lungs\` first`,
    )
  const path = join(dir, NAME)
  if (!existsSync(path))
    throw new AppError(
      'request-invalid',
      `${dir} does not say which images its network has not seen: \`detl train lungs --resume\`, with the options of the training, writes that and trains nothing again`,
    )
  const parsed = schema.safeParse(JSON.parse(readFileSync(path, 'utf8')))
  if (!parsed.success) throw new AppError('request-invalid', `${path} is none of \`detl train lungs\``)
  if (parsed.data.heldOut !== heldOutDigest(heldOut))
    throw new AppError(
      'request-invalid',
      `the network in ${dir} was trained with other images held out, and may have seen some of those that are held out now: name the --seed, --data and --without of its training`,
    )
  return parsed.data
}
