import { batchSchema } from '@detl/core/api/batch'
import { expect } from 'vitest'
import { edgeApp } from './edge-app.ts'
import { imageServer } from './image-server.ts'
import { chestPng } from './images.ts'

type EdgeAppOptions = NonNullable<Parameters<typeof edgeApp>[0]>

/**
 * The edge in this process, an archive beside it, and customers who have batches screened. The clock is the tests' to set.
 * @param films what lies in the archive, a PNG unless given
 */
export async function batchCustomers({
  films,
  ...options
}: Pick<EdgeAppOptions, 'manifest'> & { films?: readonly Uint8Array[] } = {}) {
  const png = await chestPng()
  const images = await imageServer(films ?? [png])
  const time = { now: Date.UTC(2026, 5, 15, 12) }
  const edge = await edgeApp({
    ...options,
    clock: () => time.now,
    batchHosts: `images.example.org, *.s3.example.org, ${images.url}`,
  })
  let accounts = 0

  async function customer(input: Parameters<typeof edge.account>[1] = {}) {
    const account = `archive${accounts++}`
    await edge.account(account, input)
    const { key, id: keyId } = await edge.newKey(account, {
      scopes: ['screenings:write', 'screenings:read', 'usage:read', 'account:write', 'keys:write'],
    })
    const call = (method: string, path: string, headers: Record<string, string> = {}, body?: string) =>
      edge.request(`/v1/batches${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, ...headers },
        ...(body !== undefined && { body }),
      })
    const create = (lines: object[], query = '', headers: Record<string, string> = {}) =>
      call(
        'POST',
        query,
        { 'content-type': 'application/x-ndjson', ...headers },
        lines.map((line) => JSON.stringify(line)).join('\n'),
      )
    return {
      account,
      key,
      keyId,
      call,
      create,
      info: async (path: string, method = 'GET') =>
        batchSchema.parse(await (await call(method, path)).json()),
      /** Of a batch that could be made: its path below /v1/batches. */
      made: async (...args: Parameters<typeof create>) => {
        const response = await create(...args)
        const text = await response.text()
        expect([response.status, text]).toEqual([201, expect.any(String)])
        return `/${JSON.parse(text).id}`
      },
      /** Lines of the results. */
      lines: async (path: string) => {
        const text = await (await call('GET', `${path}/results`)).text()
        return text
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line))
      },
      billed: () => edge.ledger(account).charged(0, time.now + 1),
    }
  }

  return {
    edge,
    images,
    png,
    time,
    customer,
    /** Items of a manifest. */
    many: (n: number) => Array.from({ length: n }, (_, i) => ({ url: `${images.url}/${i + 1}.png` })),
    /** As queue and alarms go on: until nothing is due, or with steps of time. */
    async workToTheEnd(stepMs = 0) {
      for (let i = 0; i < 60; i++) {
        const calls = await edge.workOnBatches()
        if (calls === 0 && stepMs === 0) return
        time.now += stepMs
      }
    },
    reset() {
      edge.gpu.trouble = undefined
      images.trouble.clear()
      images.mended = false
      images.asked.length = 0
    },
    async stop() {
      await edge.stop()
      await images.stop()
    },
  }
}
