import type { KeyMode } from '@detl/core/api/api-key'
import { namedUuid } from '@detl/core/base/named-uuid'

/** Names under which what a batch holds is sealed. */
export const manifestName = (account: string, batch: string, chunk: number): string =>
  `manifest:${account}:${batch}:${chunk}`
export const authorizationName = (account: string, batch: string): string => `source:${account}:${batch}`

const dashed = (hex: string) => hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')

/** The batch that an Idempotency-Key stands for: another one for test keys. No Idempotency-Key holds a space. */
export const batchId = async (account: string, mode: KeyMode, idempotencyKey: string): Promise<string> =>
  dashed(await namedUuid(`batches:${account}:${mode === 'test' ? 'test ' : ''}${idempotencyKey}`))

/** The id of an item's screening, and of its entry in the ledger: the same however often it is tried, so that it is charged once. */
export const itemId = async (batch: string, place: number): Promise<string> =>
  dashed(await namedUuid(`batch:${batch}:${place}`))
