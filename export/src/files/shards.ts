/** Random access to the shards of one group, as one run of bytes. */
export interface Shards {
  readonly bytes: number
  read(offset: number, into: Uint8Array): void
}

export const memoryShards = (data: Uint8Array): Shards => ({
  bytes: data.length,
  read: (offset, into) => into.set(data.subarray(offset, offset + into.length)),
})
