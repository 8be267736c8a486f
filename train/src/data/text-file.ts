import { readFileSync, statSync } from 'node:fs'
import { checkTextSize } from '@detl/core/base/text-size'

/** A text file in UTF-8. @throws AppError request-invalid for one that is too large, before it is read; as `readFileSync` does */
export function readText(path: string | URL): string {
  checkTextSize(statSync(path).size, String(path))
  return readFileSync(path, 'utf8')
}

/** JSON in such a file, as it was written: nothing looks at its form. @throws as `readText` does; Error that names the file where it is no JSON */
export function readJson<T>(path: string | URL): T {
  const text = readText(path)
  try {
    return JSON.parse(text) as T
  } catch (error) {
    throw new Error(`${path} is no JSON: ${(error as Error).message}`)
  }
}

/** A stream of text in UTF-8. @param name in errors @throws AppError request-invalid for one that is too long */
export async function streamedText(stream: AsyncIterable<Uint8Array>, name: string): Promise<string> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of stream) {
    length += piece.length
    checkTextSize(length, name)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}
