import { createHash, timingSafeEqual } from 'node:crypto'
import { AppError } from '@detl/core/api/problem'
import { getConnInfo } from '@hono/node-server/conninfo'
import type { Context, Handler } from 'hono'
import type { GpuEnv } from '../call.ts'
import type { Metrics } from '../metrics.ts'

export type MetricsDeps = {
  readonly metrics: Metrics
  /** Bearer token of /metrics; without one, only this machine may read them. */
  readonly metricsToken: string | undefined
}

/** Prometheus cannot sign calls: a bearer token, or the same machine. */
export const metricsRoute =
  ({ metrics, metricsToken }: MetricsDeps): Handler<GpuEnv> =>
  async (c) => {
    const allowed =
      metricsToken === undefined
        ? isLoopback(c)
        : sameText(c.req.header('authorization') ?? '', `Bearer ${metricsToken}`)
    if (!allowed) throw new AppError('key-invalid', 'metrics need the bearer token of DETL_METRICS_TOKEN')
    const { registry } = metrics
    return c.body(await registry.metrics(), 200, { 'content-type': registry.contentType })
  }

function isLoopback(c: Context): boolean {
  // Without a socket (a call of the app as a function) there is no peer to trust.
  if (!c.env?.incoming) return false
  const { address = '' } = getConnInfo(c).remote
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.')
}

const digest = (text: string) => createHash('sha256').update(text).digest()
const sameText = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))
