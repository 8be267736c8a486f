import type { BatchItem } from '@detl/core/api/batch'
import { AppError } from '@detl/core/api/problem'
import type { Sealer } from '../seal.ts'
import type { RemoteBook } from './batches.ts'
import type { NewChunk } from './book-types.ts'
import { manifestName } from './names.ts'
import { type ManifestType, readManifest } from './read-manifest.ts'

/** Items of one chunk: what one worker has at a time, and one part of the results holds. */
const CHUNK_ITEMS = 25
/** Chunks that are handed over at once. */
const HANDED = 40

/**
 * A manifest, as it comes, into its batch, which then begins. One that is wrong leaves nothing behind.
 * @param loader as the batch was created with
 * @throws AppError as `readManifest` does; conflict
 */
export async function loadManifest(
  {
    book,
    sealer,
    account,
    id,
    loader,
    paused,
  }: { book: RemoteBook; sealer: Sealer; account: string; id: string; loader: string; paused: boolean },
  body: ReadableStream<Uint8Array>,
  type: ManifestType,
  check: (item: BatchItem) => void,
): Promise<void> {
  let items: BatchItem[] = []
  let chunks: NewChunk[] = []
  let n = 0
  let first = 1
  const close = async () => {
    if (items.length === 0) return
    const text = new TextEncoder().encode(JSON.stringify(items))
    const sealed = await sealer.sealBytes(manifestName(account, id, n), text)
    chunks.push({ n, first, size: items.length, sealed })
    n++
    first += items.length
    items = []
  }
  const hand = async () => {
    if (!(await book.add(loader, chunks))) throw overtaken()
    chunks = []
  }
  try {
    for await (const item of readManifest(body, type, check)) {
      items.push(item)
      if (items.length < CHUNK_ITEMS) continue
      await close()
      if (chunks.length >= HANDED) await hand()
    }
    await close()
    await hand()
    if (!(await book.start(loader, paused))) throw overtaken()
  } catch (error) {
    const standing = await book.standing()
    // What another request has begun meanwhile is not ours to take away.
    if (standing?.state === 'loading' && standing.head.loader === loader) await book.forget()
    throw error
  }
}

const overtaken = () =>
  new AppError('conflict', 'another request with this Idempotency-Key brings the manifest; ask for its batch')
