import { accessSync, constants, mkdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MeasureDrift } from '@detl/core/drift/drift'
import { type Prediction, predictionOf, tensorStatistics } from '@detl/core/drift/prediction'
import { parseReference } from '@detl/core/drift/reference'
import type { Manifest } from '@detl/core/model/manifest'
import { OUTPUTS } from '@detl/core/model/tensor-names'
import { float32Values, type WireTensor } from '@detl/core/wire/tensor'
import { type Logger, pino } from 'pino'
import { DriftWindow } from './drift-window.ts'

/** A loaded version's drift, as /metrics shows it. */
export type VersionDrift = {
  readonly model: string
  readonly version: string
  readonly films: number
  readonly measures: Readonly<Record<string, MeasureDrift>>
}

type Deps = {
  /** Folder of the log. */
  readonly dir: string
  readonly log: Logger
  /** Told of each line, and of lines that could not be written. */
  readonly count: (outcome: 'written' | 'lost') => void
}

/** Bytes of lines that wait for a slow disk: beyond them lines are lost, never a screening. */
const MAX_WAITING_BYTES = 2 ** 20

/**
 * The prediction log, for who asks for it: a line for each screening, in a file for each day (UTC), and how far the last screenings are from
 * the films of the model's reference. The lines hold figures alone: see `predictionSchema`.
 */
export class Predictions {
  readonly #deps: Deps
  readonly #windows = new Map<string, DriftWindow>()
  readonly #file: ReturnType<typeof pino.destination>
  #day: string

  /** @throws Error where the folder cannot be written to: a log that was asked for and is not there must be known at the start */
  constructor(deps: Deps) {
    this.#deps = deps
    try {
      mkdirSync(deps.dir, { recursive: true })
      accessSync(deps.dir, constants.W_OK)
    } catch (cause) {
      throw new Error(`the prediction log cannot be written to ${deps.dir}: ${(cause as Error).message}`, {
        cause,
      })
    }
    this.#day = dayOf(new Date())
    this.#file = pino.destination({
      dest: this.#path(),
      sync: false,
      mode: 0o600,
      maxLength: MAX_WAITING_BYTES,
      periodicFlush: 500,
      minLength: 4096,
    })
    this.#file.on('error', (err) => this.#lost(err))
    this.#file.on('drop', () => this.#lost(new Error('the disk is too slow')))
  }

  /** Reads the reference that lies beside a model. Without one the log is written and no drift is told. */
  async loaded({ name, version }: Pick<Manifest, 'name' | 'version'>, folder: string): Promise<void> {
    const key = keyOf({ model: name, version })
    this.#windows.delete(key)
    try {
      const json = JSON.parse(await readFile(join(folder, 'reference.json'), 'utf8'))
      this.#windows.set(key, new DriftWindow(parseReference(json, { name, version })))
    } catch (err) {
      const missing = (err as NodeJS.ErrnoException).code === 'ENOENT'
      const told = 'drift is not told: `detl drift reference` makes a reference'
      if (missing) this.#deps.log.warn({ model: name, version }, told)
      else this.#deps.log.error({ model: name, version, err }, told)
    }
  }

  unloaded(model: { name: string; version: string }): void {
    this.#windows.delete(keyOf({ model: model.name, version: model.version }))
  }

  /**
   * Notes what was answered. A call that did not ask for probabilities was no screening.
   * @param input UINT8 [rows,1,S,S]
   */
  observe(
    { manifest }: { readonly manifest: Manifest },
    input: Uint8Array,
    outputs: readonly WireTensor[],
    at = new Date(),
  ): void {
    const values = (name: string) => {
      const found = outputs.find((output) => output.name === name)
      return found && float32Values(found)
    }
    const [probabilities, distances] = [values(OUTPUTS.probabilities), values(OUTPUTS.oodScore)]
    // Where the model measures the distance and the caller did not ask for it, the line would be of another kind than the reference.
    if (!probabilities || (manifest.outOfDistribution && !distances)) return
    const { size } = manifest.preprocess
    const classes = manifest.labels.length
    for (let row = 0; row < input.length / size ** 2; row++)
      this.#note(
        predictionOf(
          manifest,
          tensorStatistics(input.subarray(row * size ** 2, (row + 1) * size ** 2), size),
          {
            probabilities: probabilities.subarray(row * classes, (row + 1) * classes),
            oodScore: distances?.[row],
          },
          at,
        ),
        at,
      )
  }

  drift(): VersionDrift[] {
    return [...this.#windows].map(([key, window]) => ({
      ...(JSON.parse(key) as { model: string; version: string }),
      films: window.films,
      measures: window.drift(),
    }))
  }

  /** Writes what waits. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#file.once('close', resolve))
    this.#file.end()
    await closed
  }

  #note(prediction: Prediction, at: Date): void {
    const day = dayOf(at)
    if (day !== this.#day) {
      this.#day = day
      this.#file.reopen(this.#path())
    }
    this.#windows.get(keyOf(prediction))?.add(prediction)
    this.#file.write(`${JSON.stringify(prediction)}\n`)
    this.#deps.count('written')
  }

  #path(): string {
    return join(this.#deps.dir, `predictions-${this.#day}.ndjson`)
  }

  #lost(err: Error): void {
    this.#deps.count('lost')
    this.#deps.log.error({ err }, 'a part of the prediction log could not be written')
  }
}

const keyOf = ({ model, version }: { model: string; version: string }): string =>
  JSON.stringify({ model, version })
const dayOf = (at: Date): string => at.toISOString().slice(0, 10)
