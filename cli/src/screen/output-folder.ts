import { existsSync, realpathSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { AppError } from '@detl/core/api/problem'
import { reasonOf } from '../io-errors.ts'
import type { Input } from './inputs.ts'

/** What `--out` can hold of an image, and the end of its file's name. */
export const FORMATS = {
  png: '.png',
  fhir: '.fhir.json',
  sr: '.sr.dcm',
  sc: '.sc.dcm',
  pdf: '.pdf',
} as const
export type Format = keyof typeof FORMATS
export type Outputs = Readonly<Partial<Record<Format, string>>>

/** The folder's real path, also where it or some folders above are still to be made. */
export function realFolder(folder: string): string {
  const missing: string[] = []
  let at = resolve(folder)
  for (; !existsSync(at) && dirname(at) !== at; at = dirname(at)) missing.unshift(basename(at))
  return join(existsSync(at) ? realpathSync(at) : at, ...missing)
}

/** @throws AppError request-invalid */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error) => {
    throw new AppError('request-invalid', `the folder ${folder} cannot be made: ${reasonOf(error)}`, {
      cause: error,
    })
  })
}

/**
 * Where the outputs of each input go: the inputs' own tree, from the deepest folder that holds them all, is made again below `out`. Two inputs
 * never share an output, and no output lies where inputs are.
 * @param out as the user named it: so begin the paths that are given
 * @throws AppError request-invalid if an input lies in `out`
 */
export function mirror(
  inputs: readonly Input[],
  out: string,
  formats: readonly Format[],
): (input: Input) => Outputs {
  const paths = inputs.flatMap(({ path, fault }) => (path === undefined || fault ? [] : [path]))
  const folders = new Set(paths.map((path) => dirname(path)))
  for (const folder of folders)
    if (within(realFolder(folder), realFolder(out)))
      throw new AppError(
        'request-invalid',
        `--out ${out} is a folder of inputs (${folder}): outputs go to a folder of their own`,
      )
  const base = commonFolder([...folders])
  return ({ path }) => {
    const stem = join(out, path === undefined ? 'stdin' : relative(base, path))
    return Object.fromEntries(formats.map((format) => [format, stem + FORMATS[format]]))
  }
}

/** Whether a path is the folder or lies below it. */
export const within = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)

function commonFolder(folders: readonly string[]): string {
  let common = folders[0] ?? resolve('.')
  for (const folder of folders) while (!within(folder, common)) common = dirname(common)
  return common
}
