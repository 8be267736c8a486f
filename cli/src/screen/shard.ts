import { InvalidArgumentError } from 'commander'

/** One of `count` shares of all inputs; counted from 0, as Kubernetes counts the pods of an indexed Job. */
export type Shard = { readonly index: number; readonly count: number }

const MOST = 9999

/** `0/16` … `15/16`. @throws InvalidArgumentError */
export function readShard(text: string): Shard {
  const [, index, count] = /^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? []
  const shard = { index: Number(index), count: Number(count) }
  if (count === undefined || shard.count < 1 || shard.index >= shard.count)
    throw new InvalidArgumentError(`It is such as 0/16 … 15/16: counted from 0, at most ${MOST} in all.`)
  return shard
}

/** In a shard's folder, once each of its files has a line: what the shards that are merged must have. */
export const ENDED = 'ended.json'

/** The name of a shard's folder, and the shard of a name. */
export const folderOfShard = ({ index, count }: Shard): string => `shard-${padded(index)}-of-${padded(count)}`
export function shardOfFolder(name: string): Shard | undefined {
  const match = /^shard-(\d{4})-of-(\d{4})$/.exec(name)
  return match ? { index: Number(match[1]), count: Number(match[2]) } : undefined
}
const padded = (n: number) => String(n).padStart(4, '0')

/** Whose share an input is: by its name alone, so that it stays in its shard whatever else is listed (FNV-1a, 32 bits). */
export function inShard(name: string, { index, count }: Shard): boolean {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, 0x01000193)
  return (hash >>> 0) % count === index
}
