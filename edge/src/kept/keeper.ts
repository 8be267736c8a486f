import type { KeyMode } from '@detl/core/api/api-key'
import type { DicomJson } from '@detl/core/dicomweb/dicom-json'
import { toDicomJson } from '@detl/core/dicomweb/to-dicom-json'
import type { Sealer } from '../seal.ts'
import type { KeptStore, Uids } from './kept-table.ts'

type Async<L> = {
  readonly [M in keyof L]: L[M] extends (...args: infer A) => infer R ? (...args: A) => Promise<R> : never
}
/** A store as seen from a request. */
export type RemoteKept = Async<Omit<KeptStore, 'tidy' | 'nextDue'>>

/** Whose objects: live and test keys of an account do not see each other's. */
export type Owner = { readonly account: string; readonly mode: KeyMode }
/** An object that was found, with what may be searched for. */
export type Found = Required<Uids> & { readonly index: DicomJson }

export type Keeper = {
  /** @param hours after which they are gone */
  readonly keep: (owner: Owner, files: readonly Uint8Array[], hours: number) => Promise<void>
  /** The last made first. */
  readonly find: (owner: Owner, uids: Uids) => Promise<Found[]>
  readonly file: (owner: Owner, instance: string) => Promise<Uint8Array | undefined>
  /** @returns how many there were */
  readonly remove: (owner: Owner, uids: Uids) => Promise<number>
}

/** Of an account's objects, so many are looked at in a search: the last made. */
const MAX_SEARCHED = 3000
/** What the index leaves out: content, pixels, and what refers to other objects. */
const NOT_SEARCHED = /^(0040A730|0040A375|7FE0|5200|0062|0070|0042)/

/**
 * Objects that hold a patient's data, kept where their account chose so: UIDs are stored as they are, all else is sealed under the
 * service's secret.
 * @param stores one for each account and mode
 */
export function keeper(stores: (owner: Owner) => RemoteKept, sealer: Sealer): Keeper {
  const name = ({ account, mode }: Owner, what: string) => `kept:${what}:${account}:${mode}`
  return {
    async keep(owner, files, hours) {
      const keepMs = hours * 3600_000
      const objects = await Promise.all(
        files.map(async (file) => {
          const { json } = toDicomJson(file, () => '')
          const described = Object.fromEntries(
            Object.entries(json).filter(([tag]) => !NOT_SEARCHED.test(tag)),
          )
          const [study, series, instance] = [
            uid(json, '0020000D'),
            uid(json, '0020000E'),
            uid(json, '00080018'),
          ]
          const index = await sealer.sealBytes(
            name(owner, 'index'),
            new TextEncoder().encode(JSON.stringify(described)),
          )
          const sealed = await sealer.sealBytes(name(owner, 'file'), file)
          return { study, series, instance, index, file: sealed, keepMs }
        }),
      )
      await stores(owner).put(objects)
    },
    async find(owner, uids) {
      const rows = await stores(owner).find(uids, MAX_SEARCHED)
      return Promise.all(
        rows.map(async ({ study, series, instance, index }) => {
          const opened = await sealer.openBytes(name(owner, 'index'), index)
          return { study, series, instance, index: JSON.parse(new TextDecoder().decode(opened)) as DicomJson }
        }),
      )
    },
    async file(owner, instance) {
      const sealed = await stores(owner).file(instance)
      return sealed && sealer.openBytes(name(owner, 'file'), sealed)
    },
    remove: (owner, uids) => stores(owner).remove(uids),
  }
}

const uid = (json: DicomJson, tag: string): string => String(json[tag]?.Value?.[0] ?? '')
