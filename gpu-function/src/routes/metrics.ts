import { createHash, timingSafeEqual } from 'node:crypto'
import { AppError } from '@detl/core/api/problem'
import type { Call, Route } from '../call.ts'
import type { Metrics } from '../metrics.ts'

export type MetricsDeps = {
  readonly metrics: Metrics
  /** Bearer token of /metrics; without one, only this machine may read them. */
  readonly metricsToken: string | undefined
}

/** Prometheus cannot sign calls: a bearer token, or the same machine. */
export const metricsRoute =
  ({ metrics, metricsToken }: MetricsDeps): Route =>
  async (call) => {
    const allowed =
      metricsToken === undefined
        ? isLoopback(call)
        : sameText(call.headers.authorization ?? '', `Bearer ${metricsToken}`)
    if (!allowed) throw new AppError('key-invalid', 'metrics need the bearer token of DETL_METRICS_TOKEN')
    const { registry } = metrics
    const body = await registry.metrics()
    return { status: 200, headers: { 'content-type': registry.contentType }, body }
  }

function isLoopback({ incoming }: Call): boolean {
  const { remoteAddress: address = '' } = incoming.socket
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.')
}

const digest = (text: string) => createHash('sha256').update(text).digest()
const sameText = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))
