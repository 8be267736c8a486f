import { type BatchInfo, batchSchema } from '@detl/core/api/batch'
import type { edgeProcess } from './edge-process.ts'

type Edge = Pick<Awaited<ReturnType<typeof edgeProcess>>, 'url' | 'admin'>

/** An account on an edge in workerd, and batches of it; what fails because workerd is being killed is asked again. */
export async function batchClient(edge: Edge, account = 'archive') {
  await edge.admin('PUT', `/accounts/${account}`, { name: account, plan: { kind: 'postpaid' } })
  const { key } = await edge.admin<{ key: string }>('POST', `/accounts/${account}/keys`, {
    name: 'k',
    mode: 'live',
    scopes: ['screenings:write', 'screenings:read', 'usage:read', 'account:write'],
  })
  const call = (method: string, path: string, headers: Record<string, string> = {}, body?: string) =>
    fetch(`${edge.url}/v1/batches${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...headers },
      ...(body !== undefined && { body }),
      signal: AbortSignal.timeout(60_000),
    })
  const info = async (id: string): Promise<BatchInfo> => {
    const response = await call('GET', `/${id}`)
    if (!response.ok) throw new Error(`GET batch: ${response.status} ${await response.text()}`)
    return batchSchema.parse(await response.json())
  }
  return {
    key,
    call,
    info,
    /** @returns its id */
    async create(
      lines: readonly object[],
      query = '',
      headers: Record<string, string> = {},
    ): Promise<string> {
      const body = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
      const response = await call('POST', query, { 'content-type': 'application/x-ndjson', ...headers }, body)
      const text = await response.text()
      if (response.status !== 201) throw new Error(`POST batch: ${response.status} ${text}`)
      return (JSON.parse(text) as { id: string }).id
    },
    /** Waits until so many items have ended. @throws Error after `withinMs`, with how it stands */
    async until(id: string, reached: (info: BatchInfo) => boolean, withinMs: number): Promise<BatchInfo> {
      const end = Date.now() + withinMs
      let last: unknown
      while (Date.now() < end) {
        const now = await info(id).catch((error: unknown) => {
          last = error
        })
        if (now && reached(now)) return now
        if (now) last = JSON.stringify(now)
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
      throw new Error(`the batch did not get so far within ${withinMs} ms; last: ${last}`)
    },
    /** Items of the results, each as often as it is there; the lines are read as they come. */
    async results(
      id: string,
    ): Promise<{ items: Map<number, number>; screenings: Set<string>; failed: number }> {
      const response = await call('GET', `/${id}/results`)
      const items = new Map<number, number>()
      const screenings = new Set<string>()
      let failed = 0
      let rest = ''
      for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + piece).split('\n')
        rest = lines.pop()!
        for (const line of lines) {
          const { item, screening } = JSON.parse(line) as { item: number; screening?: { id: string } }
          if (screening) {
            items.set(item, (items.get(item) ?? 0) + 1)
            screenings.add(screening.id)
          } else failed++
        }
      }
      if (rest !== '') throw new Error('the results broke off')
      return { items, screenings, failed }
    },
    /** How many screenings the ledger has billed. */
    async billed(): Promise<number> {
      const { usage } = await edge.admin<{ usage: { billed: number }[] }>('GET', `/accounts/${account}/usage`)
      return usage.reduce((sum, { billed }) => sum + billed, 0)
    },
  }
}
