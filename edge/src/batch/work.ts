import type { BatchItem } from '@detl/core/api/batch'
import { AppError, codeOf, passes } from '@detl/core/api/problem'
import type { Accounts } from '../accounts.ts'
import type { BatchMessage } from '../ledger/job-message.ts'
import type { Authorized, ItemEnd } from '../ledger/ledger.ts'
import type { Sealer } from '../seal.ts'
import type { Batches } from './batches.ts'
import type { Finished, Left, Take, Why } from './book-types.ts'
import { authorizationName, itemId, manifestName } from './names.ts'
import { folderOf, type PartStore } from './part-store.ts'
import { type ItemDeps, type ItemLines, screenItem } from './screen-item.ts'
import { TURN_MS, type Turn } from './turn.ts'

export type WorkDeps = ItemDeps & {
  readonly accounts: Accounts
  readonly batches: Batches
  readonly sealer: Sealer
  readonly parts: PartStore
  /** The same as the batches': ms since the epoch. */
  readonly clock: () => number
}

/** Items of one chunk that are under way at once: while some are fetched or decoded, others are at the GPU. */
const ITEMS_AT_ONCE = 8
/** Of its time with a chunk, after which a worker begins no further item; nor does it after a turn, where a slow archive would keep others out. */
const BEGIN_SHARE = 0.6

/** The queue's consumer: takes the chunk that it is called for, and others while there are some and its turn lasts. */
export async function work(
  deps: WorkDeps,
  { account, batch, chunk }: BatchMessage,
  turn: Turn,
): Promise<void> {
  const book = deps.batches(account, batch)
  let take = await book.take(chunk)
  while (take) {
    const mayGoOn = turn.begin()
    const done = await screenChunk(deps, take).finally(mayGoOn)
    const after = await book.finish({ ...done, more: mayGoOn() })
    if (after.stale) {
      // Another worker has it: what is charged stays so, and its results are the ones that count.
      if (done.part) await deps.parts.drop(done.part.key)
      return
    }
    take = after.next
  }
}

type Ended = { readonly item: number; readonly id: string } & (
  | { readonly lines: ItemLines }
  | { readonly error: unknown }
  | { readonly unbegun: true }
)

/** Reserve, screen, store, charge: in this order, so that what is charged is there. */
async function screenChunk(deps: WorkDeps, take: Take): Promise<Omit<Finished, 'more'>> {
  const { chunk, token, left, head } = take
  const { account, id: batch, credential } = head
  const ledger = deps.accounts(account)
  const ids = await Promise.all(left.map(({ item }) => itemId(batch, item)))
  const leaseMs = take.until - deps.clock() + 60_000
  const opened = await ledger.openItems({ credential, batch, ids, leaseMs })
  const nothing = { chunk, token, failed: [], again: [] }
  if (!opened.ok) {
    const stop = { code: opened.code, detail: opened.detail }
    return { ...nothing, unbegun: left.map(({ item }) => item), stop }
  }
  const granted = opened.states.length
  const ended = await screenAll(deps, take, left.slice(0, granted), ids, opened)
  const { part, refused } = await storeAndCharge(deps, take, ended)
  const sorted = sortOut(ended, refused)
  const stop = opened.denial ?? [...refused.values()].find((no) => !passes(new AppError(no.code, no.detail)))
  return {
    chunk,
    token,
    ...sorted,
    part,
    unbegun: [...sorted.unbegun, ...left.slice(granted).map(({ item }) => item)],
    ...(stop && { stop: { code: stop.code, detail: stop.detail } }),
  }
}

async function screenAll(
  deps: WorkDeps,
  take: Take,
  left: readonly Left[],
  ids: readonly string[],
  { settings, principal: { mode } }: Pick<Authorized, 'settings' | 'principal'>,
): Promise<Ended[]> {
  const { head, chunk, first, until } = take
  const { account, id: batch, sourceAuthorization } = head
  const open = async (name: string, sealed: Uint8Array) =>
    new TextDecoder().decode(await deps.sealer.openBytes(name, sealed))
  const items = JSON.parse(await open(manifestName(account, batch, chunk), take.sealed)) as BatchItem[]
  const authorization =
    sourceAuthorization && (await open(authorizationName(account, batch), sourceAuthorization))
  const now = deps.clock()
  const lastBegin = now + Math.min(TURN_MS, BEGIN_SHARE * (until - now))
  const ended: Ended[] = []
  let next = 0
  await Promise.all(
    Array.from({ length: Math.min(ITEMS_AT_ONCE, left.length) }, async () => {
      for (let i = next++; i < left.length; i = next++) {
        const [{ item }, id] = [left[i]!, ids[i]!]
        if (deps.clock() > lastBegin) {
          ended.push({ item, id, unbegun: true })
          continue
        }
        const of = { head, item: items[item - first]!, place: item, id, settings, mode, authorization }
        await screenItem(deps, of).then(
          (lines) => ended.push({ item, id, lines }),
          (error: unknown) => ended.push({ item, id, error }),
        )
      }
    }),
  )
  return ended.sort((a, b) => a.item - b.item)
}

/** @returns `refused`: items whose charge the ledger refused, since their place had lapsed; nobody gets their results */
async function storeAndCharge(
  { accounts, parts }: WorkDeps,
  { head, chunk, token }: Take,
  ended: readonly Ended[],
) {
  const answered = ended.flatMap((one) => ('lines' in one ? [one] : []))
  const key = `${folderOf(head)}${String(chunk).padStart(6, '0')}-${token}`
  const store = async (those: typeof answered) => {
    await parts.put(
      key,
      'json',
      those.map(({ lines }) => lines.json),
    )
    if (head.fhir)
      await parts.put(
        key,
        'fhir',
        those.map(({ lines }) => lines.fhir!),
      )
  }
  if (answered.length > 0) await store(answered)
  const ends = ended.map((one): ItemEnd => {
    const { id } = one
    if ('lines' in one) return { id, outcome: { answered: true } }
    return { id, outcome: { answered: false, code: 'error' in one ? codeOf(one.error) : 'abandoned' } }
  })
  const settled = await accounts(head.account).settleItems(ends)
  const refused = new Map<number, Why>()
  for (const [i, one] of ended.entries()) {
    const result = settled[i]!
    if ('lines' in one && result.ok === false)
      refused.set(one.item, { code: result.code, detail: result.detail })
  }
  const kept = answered.filter(({ item }) => !refused.has(item))
  if (refused.size > 0 && kept.length > 0) await store(kept)
  else if (refused.size > 0) await parts.drop(key)
  return { part: kept.length > 0 ? { key, items: kept.length } : undefined, refused }
}

/** What failed for good, and what may be tried again. */
function sortOut(ended: readonly Ended[], refused: ReadonlyMap<number, Why>) {
  const failed: ({ item: number } & Why)[] = []
  const again: ({ item: number } & Why)[] = [...refused].map(([item, why]) => ({ item, ...why }))
  const unbegun: number[] = []
  for (const one of ended) {
    if ('unbegun' in one) unbegun.push(one.item)
    if (!('error' in one)) continue
    const { item, error } = one
    const code = codeOf(error)
    if (code === 'internal')
      console.error(
        JSON.stringify({ level: 'error', event: 'batch-item-failed', id: one.id, error: String(error) }),
      )
    const why = { item, code, detail: error instanceof AppError ? error.detail : 'see the log' }
    ;(passes(error) ? again : failed).push(why)
  }
  return { failed, again, unbegun }
}
