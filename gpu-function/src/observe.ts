import type { MiddlewareHandler } from 'hono'
import type { Logger } from 'pino'
import { type Call, type GpuEnv, headersOf } from './call.ts'
import type { Metrics } from './metrics.ts'
import { traceOf } from './trace.ts'

export type ServerState = { draining: boolean }
export type ObserveDeps = { readonly metrics: Metrics; readonly log: Logger }

/**
 * Runs around everything: starts the clock that deadlines count from, carries the trace on, and leaves one line in the log,
 * the phases in `Server-Timing` and the figures in the metrics. Of tensors only their sizes are told.
 */
export const observe =
  (deps: ObserveDeps): MiddlewareHandler<GpuEnv> =>
  async (c, next) => {
    const call: Call = { since: performance.now(), trace: traceOf(headersOf(c).traceparent), phases: {} }
    c.set('call', call)
    await next()
    if (!c.req.path.endsWith('/infer')) return
    // After the answer is on its way: nobody waits for the bookkeeping.
    setImmediate(record, call, c.res.status, performance.now() - call.since, deps)
  }

/** What every answer bears besides its content; to be given when it is made, since changing a made one costs a copy. */
export function commonHeaders(call: Call, state: ServerState): Record<string, string> {
  return {
    traceparent: call.trace.traceparent,
    ...(Object.keys(call.phases).length > 0 && { 'server-timing': serverTiming(call) }),
    ...(state.draining && { connection: 'close' }),
  }
}

function record(call: Call, status: number, ms: number, { metrics, log }: ObserveDeps): void {
  const model = call.model ?? ''
  metrics.requests.inc({ model, code: call.code ?? 'ok' })
  metrics.duration.observe({ model }, ms / 1000)
  for (const [phase, phaseMs] of Object.entries(call.phases))
    metrics.phases.observe({ phase }, phaseMs / 1000)
  const { trace, version, code, keyId, rows, batchRows, bytesIn, phases } = call
  const { traceId, spanId, parentId } = trace
  const line = {
    traceId,
    spanId,
    parentId,
    keyId,
    model,
    version,
    status,
    code,
    rows,
    batchRows,
    bytesIn,
    ms,
    phases,
  }
  log.info(line, 'infer')
}

/** Server-Timing of the phases, in milliseconds (W3C Server Timing, section 3). */
const serverTiming = ({ phases, batchRows }: Call): string =>
  Object.entries(phases)
    .map(
      ([phase, ms]) => `${phase};dur=${ms.toFixed(2)}${phase === 'run' ? `;desc="${batchRows} rows"` : ''}`,
    )
    .join(', ')
