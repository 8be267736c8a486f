import { createHash } from 'node:crypto'
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import * as z from 'zod'

/** What is fetched: a file is taken only with this size and digest, so that a data set is what it was. */
export const downloadListSchema = z.array(
  z.strictObject({
    url: z.url(),
    /** Where it goes, below the folder. */
    path: z.string().min(1),
    bytes: z.int().nonnegative(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
)
export type Download = z.infer<typeof downloadListSchema>[number]

export type DownloadResult = 'fetched' | 'resumed' | 'present'

/**
 * Fetches one file. What is there with the right digest is left alone; a broken-off `.part` file is continued.
 * @throws on an answer other than 200 or 206, a wrong size or a wrong digest; a file that failed its check is removed
 */
export async function download(
  item: Download,
  dir: string,
  onBytes: (done: number, total: number) => void = () => {},
): Promise<DownloadResult> {
  const path = join(dir, normalize(item.path))
  if (!path.startsWith(join(dir, '/'))) throw new Error(`${item.path} leads out of ${dir}`)
  if (existsSync(path) && (await digestOf(path)) === item.sha256) return 'present'
  mkdirSync(dirname(path), { recursive: true })

  const part = `${path}.part`
  const have = existsSync(part) ? statSync(part).size : 0
  let result: DownloadResult = 'fetched'
  if (have < item.bytes || have === 0) {
    const response = await fetch(item.url, { headers: have > 0 ? { range: `bytes=${have}-` } : {} })
    if (!response.ok || !response.body) throw new Error(`${item.url} answered ${response.status}`)
    const continues = have > 0 && response.status === 206 // a server without ranges sends the whole again
    if (continues) result = 'resumed'
    let done = continues ? have : 0
    const counted = async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        done += chunk.length
        if (done > item.bytes)
          throw new Error(`${item.url} sends more than the ${item.bytes} bytes it should have`)
        onBytes(done, item.bytes)
        yield chunk
      }
    }
    const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0])
    await pipeline(body, counted, createWriteStream(part, { flags: continues ? 'a' : 'w' }))
  }
  const [size, digest] = [statSync(part).size, await digestOf(part)]
  if (size < item.bytes)
    throw new Error(`${item.url} broke off at ${size} of ${item.bytes} bytes: run again to go on`)
  if (digest !== item.sha256) {
    rmSync(part)
    throw new Error(`${item.url} has sha256 ${digest}; expected ${item.sha256}`)
  }
  renameSync(part, path)
  return result
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
