import { createReadStream } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { AppError } from '@detl/core/api/problem'
import { irregular } from '@detl/train/data/regular-file'
import { reasonOf } from './io-errors.ts'

/** Far beyond any line that is written here; a file that is none of ours may be one line of gigabytes. */
export const LONGEST_LINE = 2 ** 22

/** A line without its end; `number` counts from 1. */
export type NumberedLine = { readonly text: string; readonly number: number }

/**
 * Lines of a text file that this program wrote, one at a time.
 * @param bytes how much of the file is read; all of it unless given
 * @throws AppError request-invalid where it cannot be read, is a pipe or a device, or has a line of more than 4 Mi characters
 */
export async function* linesOf(path: string, bytes = Number.POSITIVE_INFINITY): AsyncGenerator<NumberedLine> {
  const kind = irregular(path)
  if (kind) throw new AppError('request-invalid', `${path} is ${kind}; a regular file is expected`)
  if (bytes === 0) return
  const decoder = new StringDecoder('utf8')
  let number = 0
  let rest = ''
  const input = createReadStream(path, { end: bytes - 1 }) as AsyncIterable<Buffer>
  try {
    for await (const piece of input) {
      const parts = (rest + decoder.write(piece)).split('\n')
      rest = parts.pop()!
      for (const text of parts) yield { text: text.replace(/\r$/, ''), number: ++number }
      if (rest.length > LONGEST_LINE)
        throw new AppError('request-invalid', `${path}, line ${number + 1} is longer than any line of ours`)
    }
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError('request-invalid', `${path} cannot be read: ${reasonOf(cause)}`, { cause })
  }
  rest += decoder.end()
  if (rest !== '') yield { text: rest, number: number + 1 }
}
