import { createReadStream } from 'node:fs'
import { AppError, PROBLEMS, type ProblemCode, problemOf } from '@detl/core/api/problem'
import { parse } from 'csv-parse'
import { reasonOf } from '../io-errors.ts'
import { LONGEST_LINE, linesOf } from '../lines-of.ts'
import type { ScreenLine } from './line.ts'

/** What an earlier run said. */
export type EarlierOutput = {
  /** Files that need not be screened again: scored, or refused for what they hold. One that could not be read or written is tried again. */
  readonly done: ReadonlyMap<string, 'scored' | 'refused'>
  /** Bytes up to the end of the last whole line: a run that was killed may leave half of one. */
  readonly wholeBytes: number
}

/** `model` is undefined where the file was not scored. */
type Seen = { file: string; model: string | undefined; again: boolean }

/**
 * Reads what `detl screen --json` or `--csv` printed, line by line.
 * @param model name and version of the model that goes on
 * @throws AppError request-invalid if it cannot be read, is something else, or is of another model
 */
export async function readEarlier(path: string, model: string): Promise<EarlierOutput> {
  const done = new Map<string, 'scored' | 'refused'>()
  let wholeBytes = 0
  try {
    const { seen, bytes } = await lastLineEnd(path)
    wholeBytes = bytes
    if (bytes > 0)
      for await (const { file, model: other, again } of seen === '{'
        ? fromJson(path, bytes)
        : fromCsv(path, bytes)) {
        if (other !== undefined && other !== model)
          throw new AppError('request-invalid', `${path} is of the model ${other}, not ${model}`)
        if (again) done.delete(file)
        else done.set(file, other === undefined ? 'refused' : 'scored')
      }
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new AppError('request-invalid', `${path} is no output to go on from: ${reasonOf(error)}`, {
      cause: error,
    })
  }
  return { done, wholeBytes }
}

/** The first character, and where the last line ends. */
async function lastLineEnd(path: string) {
  let seen = ''
  let length = 0
  let bytes = 0
  for await (const piece of createReadStream(path) as AsyncIterable<Buffer>) {
    if (length === 0) seen = String.fromCharCode(piece[0]!)
    const end = piece.lastIndexOf(10)
    if (end >= 0) bytes = length + end + 1
    length += piece.length
  }
  return { seen, bytes }
}

/** Faults of the place, or of a server, not of the image: worth another try. */
const PASSING: ReadonlySet<string> = new Set([
  ...['image-missing', 'conflict', 'internal'],
  ...Object.keys(PROBLEMS).filter((code) => problemOf(code as ProblemCode).passing),
])

async function* fromJson(path: string, bytes: number): AsyncGenerator<Seen> {
  for await (const { text } of linesOf(path, bytes)) {
    if (text === '') continue
    const line = JSON.parse(text) as ScreenLine
    if (typeof line.file !== 'string') throw new Error('a line of it names no file')
    const failed = 'error' in line
    yield {
      file: line.file,
      model: failed ? undefined : `${line.model.name} ${line.model.version}`,
      again: failed && PASSING.has(line.error.code),
    }
  }
}

async function* fromCsv(path: string, bytes: number): AsyncGenerator<Seen> {
  const rows = createReadStream(path, { end: bytes - 1 }).pipe(
    parse({
      columns: (header: string[]) => (header.includes('file') ? header : fail()),
      bom: true,
      max_record_size: LONGEST_LINE,
    }),
  ) as AsyncIterable<Record<string, string>>
  // What toCsv puts before a name that a spreadsheet would take for a formula.
  for await (const { file = '', model, error = '' } of rows)
    yield { file: file.replace(/^'(?=[=+\-@])/, ''), model: model || undefined, again: PASSING.has(error) }
}

function fail(): never {
  throw new Error('it has no column "file"')
}
