import type { MiddlewareHandler } from 'hono'
import type { AppDeps, Call, GpuEnv } from './call.ts'
import { traceOf } from './trace.ts'

/**
 * Runs around everything: starts the clock that deadlines count from, carries the trace on, and leaves one line in the log,
 * the phases in `Server-Timing` and the figures in the metrics. Of tensors only their sizes are told.
 */
export const observe =
  (deps: AppDeps): MiddlewareHandler<GpuEnv> =>
  async (c, next) => {
    const call: Call = { since: performance.now(), trace: traceOf(c.req.header('traceparent')), phases: {} }
    c.set('call', call)
    await next()
    const { headers } = c.res
    headers.set('traceparent', call.trace.traceparent)
    if (deps.state.draining) headers.set('connection', 'close')
    if (!c.req.path.endsWith('/infer')) return
    headers.set('server-timing', serverTiming(call))
    record(call, c.res.status, deps)
  }

function record(call: Call, status: number, { metrics, log }: AppDeps): void {
  const ms = performance.now() - call.since
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
