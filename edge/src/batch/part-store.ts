import type { Sealer } from '../seal.ts'
import type { Head } from './book-types.ts'

/** What is used of an R2 bucket. */
export type Bucket = Pick<R2Bucket, 'put' | 'get' | 'list' | 'delete'>

/** Results are kept as JSON, and as FHIR where the batch was told to. */
export type PartKind = 'json' | 'fhir'

/** Where the results of a batch lie. */
export const folderOf = ({ account, id }: Pick<Head, 'account' | 'id'>): string => `${account}/${id}/`

/** Results of a chunk, a line each; sealed like the answers of jobs, for they are of patients. */
export function partStore(bucket: Bucket, sealer: Sealer) {
  const nameOf = (key: string, kind: PartKind) => `${key}.${kind}`
  return {
    async put(key: string, kind: PartKind, lines: readonly string[]): Promise<void> {
      const name = nameOf(key, kind)
      const text = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''))
      await bucket.put(name, await sealer.sealBytes(`part:${name}`, text))
    },
    /** The lines of a part, each with its line break. @throws Error where it is not there */
    async get(key: string, kind: PartKind): Promise<string> {
      const name = nameOf(key, kind)
      const object = await bucket.get(name)
      if (!object) throw new Error(`there is no ${name} among the results`)
      const sealed = new Uint8Array(await object.arrayBuffer())
      return new TextDecoder().decode(await sealer.openBytes(`part:${name}`, sealed))
    },
    /** Of a worker whose chunk another one has by now. */
    drop: (key: string): Promise<void> => bucket.delete([nameOf(key, 'json'), nameOf(key, 'fhir')]),
  }
}
export type PartStore = ReturnType<typeof partStore>

export async function forgetFolder(bucket: Bucket, prefix: string): Promise<void> {
  for (;;) {
    const { objects } = await bucket.list({ prefix, limit: 1000 })
    if (objects.length === 0) return
    await bucket.delete(objects.map(({ key }) => key))
  }
}
