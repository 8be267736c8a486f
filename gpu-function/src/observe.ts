import type { Logger } from 'pino'
import type { Call } from './call.ts'
import type { Metrics } from './metrics.ts'

export type ServerState = { draining: boolean }
export type ObserveDeps = { readonly metrics: Metrics; readonly log: Logger }

/** What an answer bears besides its content: the trace, the phases in `Server-Timing`, and that this server goes away. */
export function commonHeaders(call: Call, state: ServerState): Record<string, string> {
  return {
    traceparent: call.trace.traceparent,
    ...(Object.keys(call.phases).length > 0 && { 'server-timing': serverTiming(call) }),
    ...(state.draining && { connection: 'close' }),
  }
}

/** One line in the log, and the figures in the metrics. Of tensors only their sizes are told. */
export function record(call: Call, status: number, { metrics, log }: ObserveDeps): void {
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
