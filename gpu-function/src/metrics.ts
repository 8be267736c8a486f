import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { DriftLevel } from '@detl/core/drift/drift'
import type { Precision } from '@detl/core/model/precision'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { adapterText } from './adapter.ts'
import type { VersionDrift } from './predictions.ts'
import type { Session } from './session-messages.ts'

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

const LEVELS = { none: 0, few: 0, watch: 1, drift: 2 } as const satisfies Record<DriftLevel, number>

/** What is measured of a loaded version. */
type Measured = {
  readonly name: string
  readonly version: string
  readonly digest: string
  readonly precision: Precision
  readonly session: Pick<Session, 'provider' | 'adapter' | 'runtime'>
  readonly batcher: { readonly queuedRows: number }
}

/** What a version's batcher reports. */
type BatchEvents = {
  readonly onBatch: (rows: number, runMs: number) => void
  readonly onDrop: (reason: 'deadline' | 'cancelled') => void
}

/** What /metrics shows. Names and labels are API: dashboards rest on them. No label takes a value that a caller chose. */
export class Metrics {
  readonly registry = new Registry()
  readonly requests = this.#counter('requests_total', 'Inference calls by outcome: ok or a problem code', [
    'model',
    'code',
  ])
  readonly duration = this.#histogram(
    'request_duration_seconds',
    'From arrival to the last byte of the answer handed over',
    SECONDS,
    ['model'],
  )
  readonly phases = this.#histogram('phase_duration_seconds', 'Time of one phase of a call', SECONDS, [
    'phase',
  ])
  readonly retries = this.#counter(
    'retries_total',
    'Calls that were under way when an inference thread ended, and were run again',
    ['model'],
  )
  readonly loadFailures = this.#counter('model_load_failures_total', 'Versions that could not be loaded', [
    'model',
  ])
  readonly predictions = this.#counter(
    'predictions_total',
    'Lines of the prediction log: written, or lost to a disk that takes none',
    ['outcome'],
  )
  readonly coldStart = this.#gauge('cold_start_seconds', 'Phases from the start of the process to ready', [
    'phase',
  ])
  readonly #batchRows = this.#histogram(
    'batch_rows',
    'Rows of one run',
    [1, 2, 4, 8, 16, 32, 64],
    ['model', 'version'],
  )
  readonly #runSeconds = this.#histogram(
    'run_duration_seconds',
    'Time of one run inside ONNX Runtime',
    SECONDS,
    ['model', 'version'],
  )
  readonly #dropped = this.#counter('dropped_total', 'Accepted work dropped before it ran', [
    'model',
    'version',
    'reason',
  ])
  readonly #info = this.#gauge('model_info', 'Loaded versions: the provider that runs them and their file', [
    'model',
    'version',
    'provider',
    'adapter',
    'runtime',
    'precision',
    'sha256',
  ])
  readonly #loadSeconds = this.#gauge('model_load_seconds', 'Phases of loading a version', [
    'model',
    'version',
    'phase',
  ])
  readonly #loaded = new Set<Measured>()
  readonly #delay = monitorEventLoopDelay({ resolution: 20 })

  constructor() {
    const delay = this.#delay
    delay.enable()
    const loaded = this.#loaded
    this.#gauge('queue_rows', 'Rows that wait', ['model', 'version'], (gauge) => {
      gauge.reset()
      for (const { name, version, batcher } of loaded) gauge.set({ model: name, version }, batcher.queuedRows)
    })
    this.#gauge(
      'event_loop_delay_seconds',
      'Longest stall of the thread with the sockets since the last scrape',
      [],
      (gauge) => {
        gauge.set(delay.max / 1e9)
        delay.reset()
      },
    )
    this.#gauge('resident_memory_bytes', 'Memory of the process', [], (gauge) =>
      gauge.set(process.memoryUsage.rss()),
    )
  }

  /** What a version's batcher reports to. */
  batches(model: string, version: string): BatchEvents {
    return {
      onBatch: (rows, runMs) => {
        this.#batchRows.observe({ model, version }, rows)
        this.#runSeconds.observe({ model, version }, runMs / 1000)
      },
      onDrop: (reason) => this.#dropped.inc({ model, version, reason }),
    }
  }

  /** Shows how far the last screenings are from each model's reference. @param drift asked at each scrape */
  drift(drift: () => readonly VersionDrift[]): void {
    const each = (gauge: Gauge, set: (version: VersionDrift, labels: Record<string, string>) => void) => {
      gauge.reset()
      for (const found of drift()) set(found, { model: found.model, version: found.version })
    }
    const by = ['model', 'version']
    this.#gauge('drift_screenings', 'Screenings that are held against the reference', by, (gauge) =>
      each(gauge, ({ films }, labels) => gauge.set(labels, films)),
    )
    const measure = [...by, 'measure']
    this.#gauge('drift_index', 'Population stability index of a measure', measure, (gauge) =>
      each(gauge, ({ measures }, labels) => {
        // Of few screenings the index is that of chance: none is shown.
        for (const [name, { psi, level }] of Object.entries(measures))
          if (level !== 'few') gauge.set({ ...labels, measure: name }, psi)
      }),
    )
    const levels = 'Drift of a measure: 0 none, or too few screenings to say; 1 watch; 2 drift'
    this.#gauge('drift_level', levels, measure, (gauge) =>
      each(gauge, ({ measures }, labels) => {
        for (const [name, { level }] of Object.entries(measures))
          gauge.set({ ...labels, measure: name }, LEVELS[level])
      }),
    )
  }

  loaded(model: Measured, phases: Record<string, number>): void {
    this.#loaded.add(model)
    const { name, version } = model
    this.#info.set(infoOf(model), 1)
    for (const [phase, ms] of Object.entries(phases))
      this.#loadSeconds.set({ model: name, version, phase: phase.replace(/Ms$/, '') }, ms / 1000)
  }

  unloaded(model: Measured): void {
    this.#loaded.delete(model)
    this.#info.remove(infoOf(model))
  }

  close(): void {
    this.#delay.disable()
    this.registry.clear()
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name: `detl_gpu_${name}`, help, labelNames, registers: [this.registry] })
  }

  #gauge(name: string, help: string, labelNames: string[], collect?: (gauge: Gauge) => void): Gauge {
    const registers = [this.registry]
    return new Gauge({
      name: `detl_gpu_${name}`,
      help,
      labelNames,
      registers,
      ...(collect && {
        collect() {
          collect(this)
        },
      }),
    })
  }

  #histogram(name: string, help: string, buckets: number[], labelNames: string[]): Histogram {
    return new Histogram({ name: `detl_gpu_${name}`, help, buckets, labelNames, registers: [this.registry] })
  }
}

const infoOf = ({ name, version, session, precision, digest }: Measured) => ({
  model: name,
  version,
  provider: session.provider,
  adapter: adapterText(session.adapter),
  runtime: session.runtime,
  precision,
  sha256: digest,
})
