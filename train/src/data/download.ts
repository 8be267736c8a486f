import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import * as z from 'zod'

const relativePath = z.string().min(1)
const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`))

/** A file is taken only with this digest, and size where the source states one, so that a data set is what it was. */
const fileSchema = z.strictObject({
  url: z.url(),
  /** Where it goes, below the folder. */
  path: relativePath,
  bytes: z.int().nonnegative().optional(),
  /** Either. MD5 is for sources that publish no other: it finds broken and exchanged files, not forged ones. */
  sha256: hex(64).optional(),
  md5: hex(32).optional(),
})

/** A commit names the content of every file in it. */
const repositorySchema = z.strictObject({
  git: z.url(),
  commit: hex(40),
  path: relativePath,
  /** Files and folders that are wanted; all without it. */
  only: z.array(relativePath).optional(),
})

export const downloadListSchema = z.array(
  z.union([
    fileSchema.refine((f) => f.sha256 !== undefined || f.md5 !== undefined, 'sha256 or md5 is needed'),
    repositorySchema,
  ]),
)
export type FileDownload = z.infer<typeof fileSchema>
export type RepositoryDownload = z.infer<typeof repositorySchema>

export type DownloadResult = 'fetched' | 'resumed' | 'present'

/**
 * Fetches one file. What is there with the right digest is left alone; a broken-off `.part` file is continued.
 * @throws on an answer other than 200 or 206, a wrong size or a wrong digest; a file that failed its check is removed
 */
export async function downloadFile(
  item: FileDownload,
  dir: string,
  onBytes: (done: number, total: number | undefined) => void = () => {},
): Promise<DownloadResult> {
  const path = below(dir, item.path)
  if (existsSync(path) && (await wrongDigest(path, item)) === undefined) return 'present'
  mkdirSync(dirname(path), { recursive: true })

  const part = `${path}.part`
  const have = existsSync(part) ? statSync(part).size : 0
  let result: DownloadResult = 'fetched'
  const complete = have > 0 && (item.bytes === undefined ? false : have >= item.bytes)
  if (!complete) {
    const response = await fetch(item.url, { headers: have > 0 ? { range: `bytes=${have}-` } : {} })
    // Nothing after what is there: it is whole already, and its digest decides.
    const nothingLeft = response.status === 416 && have > 0
    if (!nothingLeft) {
      if (!response.ok || !response.body) throw new Error(`${item.url} answered ${response.status}`)
      const continues = have > 0 && response.status === 206 // a server without ranges sends the whole again
      if (continues) result = 'resumed'
      await append(response, part, continues ? have : 0, item, onBytes)
    }
  }
  const size = statSync(part).size
  if (item.bytes !== undefined && size < item.bytes)
    throw new Error(`${item.url} broke off at ${size} of ${item.bytes} bytes: run again to go on`)
  const wrong = await wrongDigest(part, item)
  if (wrong) {
    rmSync(part)
    throw new Error(`${item.url} has ${wrong}`)
  }
  renameSync(part, path)
  return result
}

async function append(
  response: Response,
  part: string,
  from: number,
  { url, bytes }: FileDownload,
  onBytes: (done: number, total: number | undefined) => void,
): Promise<void> {
  const announced = Number(response.headers.get('content-length') ?? Number.NaN)
  const total = bytes ?? (Number.isFinite(announced) ? from + announced : undefined)
  let done = from
  const counted = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      done += chunk.length
      if (bytes !== undefined && done > bytes)
        throw new Error(`${url} sends more than the ${bytes} bytes it should have`)
      onBytes(done, total)
      yield chunk
    }
  }
  const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0])
  await pipeline(body, counted, createWriteStream(part, { flags: from > 0 ? 'a' : 'w' }))
}

/**
 * Fetches one commit of a repository, without its history and, where the server can, without the files that are not
 * wanted. Git checks every file against the commit; a fetch that broke off starts again.
 * @throws where git fails, or files there were changed since
 */
export function downloadRepository(item: RepositoryDownload, dir: string): DownloadResult {
  const path = below(dir, item.path)
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', path, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    }).trim()
  if (existsSync(join(path, '.git', 'detl-complete'))) {
    if (git('rev-parse', 'HEAD') !== item.commit)
      throw new Error(`${path} holds another commit of ${item.git}: choose another folder`)
    const changed = git('status', '--porcelain')
    if (changed) throw new Error(`${path} was changed since it was fetched:\n${changed}`)
    return 'present'
  }
  mkdirSync(path, { recursive: true })
  git('init', '--quiet')
  git('config', 'core.autocrlf', 'false')
  const known = git('remote').split('\n').includes('origin')
  git('remote', known ? 'set-url' : 'add', 'origin', item.git)
  git('config', 'remote.origin.promisor', 'true')
  git('config', 'remote.origin.partialclonefilter', 'blob:none')
  if (item.only) git('sparse-checkout', 'set', '--no-cone', ...item.only.map((p) => `/${p}`))
  git('fetch', '--progress', '--depth', '1', '--filter=blob:none', 'origin', item.commit)
  git('checkout', '--quiet', '--force', '--detach', item.commit)
  writeFileSync(join(path, '.git', 'detl-complete'), '')
  return 'fetched'
}

function below(dir: string, path: string): string {
  const joined = join(dir, normalize(path))
  if (!joined.startsWith(join(dir, '/'))) throw new Error(`${path} leads out of ${dir}`)
  return joined
}

/** What is wrong with a file's digest; undefined where it is as it should be. */
async function wrongDigest(path: string, { sha256, md5 }: FileDownload): Promise<string | undefined> {
  for (const [name, expected] of Object.entries({ sha256, md5 })) {
    if (expected === undefined) continue
    const digest = await digestOf(path, name)
    if (digest !== expected) return `${name} ${digest}; expected ${expected}`
  }
  return undefined
}

async function digestOf(path: string, algorithm: string): Promise<string> {
  const hash = createHash(algorithm)
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
