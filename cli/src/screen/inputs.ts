import { isUtf8 } from 'node:buffer'
import type { Stats } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { extname, isAbsolute, join, resolve, sep } from 'node:path'
import { AppError } from '@detl/core/api/problem'
import { escapedName, NOT_UTF8 } from '@detl/train/data/files-below'
import { irregular } from '@detl/train/data/regular-file'
import { readText, streamedText } from '@detl/train/data/text-file'
import { glob, isDynamicPattern } from 'tinyglobby'
import { reasonOf, systemCode } from '../io-errors.ts'

/** One thing to screen. */
export type Input = {
  /** As the user named it: `-`, or a path, below a named folder if it was found there. */
  readonly name: string
  /** Absolute; undefined for standard input. */
  readonly path: string | undefined
  /**
   * Whether it was met in a folder and has no name of an image file: then it may be something else that lies there, and is no failure if it
   * is no image.
   */
  readonly guessed: boolean
  /**
   * Outputs that are there and are kept as they are: of an image that was screened before, of which some were lost since, or that a run wrote
   * which was ended before it recorded them.
   */
  readonly keep?: readonly string[]
  /** Why it cannot be screened, where that is known before it is opened. */
  readonly fault?: AppError
}

export type InputOptions = {
  /** A list of paths, one a line or parted by NUL; `-` is standard input. */
  readonly filesFrom: string | undefined
  /** Folders that are not entered, absolute and real. */
  readonly apart: readonly string[]
}

/** A folder that holds this file was written by `--out`: what lies in it is no input. */
export const RECORD = 'screenings.ndjson'
const IMAGE_NAMES = new Set(['.png', '.jpg', '.jpeg', '.jpe', '.jfif', '.dcm', '.dicom', '.dic', '.ima'])

/**
 * Files, folders (all that lies below), patterns and lists, in the order in which they were named; a folder's by name. No file comes twice.
 * What cannot be found or entered is there too, with its fault.
 * @throws AppError request-invalid if the list cannot be read
 */
export async function collectInputs(args: readonly string[], options: InputOptions): Promise<Input[]> {
  if (options.filesFrom === '-' && args.includes('-'))
    throw new AppError('request-invalid', 'standard input is the list of files or the image, not both')
  const found = new Map<string, Input>()
  const add = (input: Input) => {
    const key = input.path ?? '-'
    if (!found.has(key)) found.set(key, input)
  }
  for (const arg of args) for await (const input of expand(arg, options, true)) add(input)
  if (options.filesFrom !== undefined)
    for (const line of await readList(options.filesFrom))
      for await (const input of expand(line, options, false)) add(input)
  return [...found.values()]
}

async function readList(list: string): Promise<string[]> {
  const whole = await listText(list).catch((error) => {
    if (error instanceof AppError) throw error
    throw new AppError('request-invalid', `--files-from ${list} cannot be read: ${reasonOf(error)}`, {
      cause: error,
    })
  })
  const lines = whole.includes('\0') ? whole.split('\0') : whole.split(/\r?\n/)
  return lines.filter((line) => line !== '')
}

const listText = async (list: string): Promise<string> =>
  list === '-' ? streamedText(process.stdin, '--files-from -') : readText(list)

async function* expand(arg: string, options: InputOptions, patterns: boolean): AsyncGenerator<Input> {
  if (arg === '-') {
    yield { name: arg, path: undefined, guessed: false }
    return
  }
  const path = resolve(arg)
  const info = await stat(path).catch((error: unknown) => error)
  if (info instanceof Error) {
    // A file may have a name such as "a[1].png": only what is no file is taken for a pattern.
    if (patterns && systemCode(info) === 'ENOENT' && isDynamicPattern(arg)) yield* matches(arg, options)
    else
      yield { name: arg, path, guessed: false, fault: arg.includes('\ufffd') ? notUtf8() : unreadable(info) }
  } else if (!(info as Stats).isDirectory()) yield { name: arg, path, guessed: false, ...notRegular(path) }
  else {
    if (options.apart.includes(await realpath(path)))
      throw new AppError(
        'request-invalid',
        `${arg} is to be read and written: outputs go to a folder of their own`,
      )
    yield* below(arg, path, options, new Set())
  }
}

async function* matches(pattern: string, options: InputOptions): AsyncGenerator<Input> {
  const slashed = sep === '\\' ? pattern.replaceAll(sep, '/') : pattern
  const names = await glob(slashed, { absolute: isAbsolute(pattern), expandDirectories: false })
  const inputs = names.sort().map((name) => ({ name, path: resolve(name), guessed: false }))
  const kept = inputs.filter(
    ({ path }) => !options.apart.some((folder) => path.startsWith(join(folder, '/'))),
  )
  if (kept.length === 0) {
    const fault = new AppError('image-missing', 'no file matches this pattern')
    yield { name: pattern, path: resolve(pattern), guessed: false, fault }
  }
  yield* kept
}

/** All files below a folder but hidden ones. A folder that links lead to twice is entered once. */
async function* below(
  name: string,
  path: string,
  options: InputOptions,
  entered: Set<string>,
): AsyncGenerator<Input> {
  let found: Buffer[]
  try {
    const real = await realpath(path)
    if (entered.has(real) || options.apart.includes(real)) return
    entered.add(real)
    found = (await readdir(path, { encoding: 'buffer' })).sort(Buffer.compare)
  } catch (error) {
    yield { name, path, guessed: false, fault: unreadable(error) }
    return
  }
  const names = found.filter(isUtf8).map(String)
  if (names.includes(RECORD)) return
  for (const entry of found)
    if (!isUtf8(entry) && entry[0] !== 46) {
      const shown = join(name, escapedName(entry))
      yield { name: shown, path: resolve(shown), guessed: false, fault: notUtf8() }
    }
  for (const entry of names.filter((entry) => !entry.startsWith('.') && entry !== 'DICOMDIR')) {
    const child = { name: join(name, entry), path: join(path, entry) }
    const info = await stat(child.path).catch((error: unknown) => error)
    const guessed = !IMAGE_NAMES.has(extname(entry).toLowerCase())
    if (info instanceof Error) yield { ...child, guessed: false, fault: unreadable(info) }
    else if ((info as Stats).isDirectory()) yield* below(child.name, child.path, options, entered)
    else if ((info as Stats).isFile()) yield { ...child, guessed }
  }
}

const notUtf8 = () => new AppError('image-missing', NOT_UTF8)

/** What to wait for might be for ever. */
function notRegular(path: string): { fault?: AppError } {
  const kind = irregular(path)
  if (kind === undefined) return {}
  return {
    fault: new AppError('image-missing', `it is ${kind}, not a regular file; - reads standard input`),
  }
}

const unreadable = (error: unknown) =>
  new AppError('image-missing', `it cannot be read: ${reasonOf(error)}`, { cause: error })
