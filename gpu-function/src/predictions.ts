import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MeasureDrift } from '@detl/core/drift/drift'
import { type Prediction, predictionOf, tensorStatistics } from '@detl/core/drift/prediction'
import { parseReference } from '@detl/core/drift/reference'
import type { Manifest } from '@detl/core/model/manifest'
import { OUTPUTS } from '@detl/core/model/tensor-names'
import { float32Values, type WireTensor } from '@detl/core/wire/tensor'
import { DailyFile, type DailyFileDeps } from './daily-file.ts'
import { DriftWindow } from './drift-window.ts'

/** A loaded version's drift, as /metrics shows it. */
export type VersionDrift = {
  readonly model: string
  readonly version: string
  readonly films: number
  readonly measures: Readonly<Record<string, MeasureDrift>>
}

/**
 * The prediction log, for who asks for it: a line for each screening, in a file for each day (UTC), and how far the last screenings are from
 * the films of the model's reference. The lines hold figures alone: see `predictionSchema`.
 */
export class Predictions {
  readonly #deps: DailyFileDeps
  readonly #windows = new Map<string, DriftWindow>()
  readonly #file: DailyFile

  /** @throws Error where the folder cannot be written to: a log that was asked for and is not there must be known at the start */
  constructor(deps: DailyFileDeps) {
    this.#deps = deps
    this.#file = new DailyFile(deps)
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
   * @param of the tensor, UINT8 [rows,1,S,S], and whether a test key asked: such screenings are noted, and are no drift
   */
  observe(
    { manifest }: { readonly manifest: Manifest },
    { input, test }: { readonly input: Uint8Array; readonly test: boolean },
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
            test,
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
  close(): Promise<void> {
    return this.#file.close()
  }

  #note(prediction: Prediction, at: Date): void {
    if (!prediction.test) this.#windows.get(keyOf(prediction))?.add(prediction)
    this.#file.write(`${JSON.stringify(prediction)}\n`, at)
  }
}

const keyOf = ({ model, version }: { model: string; version: string }): string =>
  JSON.stringify({ model, version })
