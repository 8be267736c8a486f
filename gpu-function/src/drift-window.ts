import { driftOf, type MeasureDrift } from '@detl/core/drift/drift'
import { measuresOf, type Prediction } from '@detl/core/drift/prediction'
import { binOf, type Reference } from '@detl/core/drift/reference'

/** Screenings that are held against the reference: enough for an index that chance does not move, few enough to show a change soon. */
export const WINDOW = 1_000

/** The last screenings of one version, as counts in the bins of its reference: no screening can be read off it. */
export class DriftWindow {
  readonly #reference: Reference
  readonly #names: readonly string[]
  /** By measure, by bin. */
  readonly #counts: number[][]
  /** Bins of each screening in the window, oldest overwritten first. */
  readonly #rows: Uint8Array[] = []
  #next = 0

  constructor(reference: Reference) {
    this.#reference = reference
    this.#names = Object.keys(reference.measures)
    this.#counts = this.#names.map((name) => reference.measures[name]!.counts.map(() => 0))
  }

  get films(): number {
    return this.#rows.length
  }

  add(prediction: Prediction): void {
    const values = measuresOf(prediction)
    // A measure that the model does not give counts as below all: a reference of the same version has none such.
    const bins = Uint8Array.from(this.#names, (name) =>
      binOf(this.#reference.measures[name]!.edges, values[name] ?? Number.NEGATIVE_INFINITY),
    )
    const oldest = this.#rows[this.#next]
    this.#count(oldest, -1)
    this.#count(bins, 1)
    this.#rows[this.#next] = bins
    this.#next = (this.#next + 1) % WINDOW
  }

  drift(): Record<string, MeasureDrift> {
    const counts = Object.fromEntries(this.#names.map((name, i) => [name, this.#counts[i]!]))
    return driftOf(this.#reference, counts, this.films)
  }

  #count(bins: Uint8Array | undefined, by: number): void {
    bins?.forEach((bin, measure) => {
      this.#counts[measure]![bin]! += by
    })
  }
}
