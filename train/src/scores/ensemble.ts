import type { LabelledRecords } from '../data/truth.ts'
import { mean } from '../statistics.ts'
import { type FoldPredictions, PARTS, type Part, type Scores } from './files.ts'
import { temperatureOf } from './temperature.ts'

/**
 * What the members of a fold say together: the mean of their logits, with a temperature of its own, fitted on the same
 * validation images. The members were trained on the same images from other seeds.
 */
export function ensembleOf(members: readonly FoldPredictions[], records: LabelledRecords): FoldPredictions {
  const [first, ...others] = members
  if (!first) throw new Error('an ensemble of no members')
  if (others.length === 0) return first
  const meanOf = (part: Part): Scores => {
    const { files } = first[part]
    for (const m of others) {
      if (m[part].files.join('\n') !== files.join('\n'))
        throw new Error(`the members of fold ${first.fold} were scored on different ${part} images`)
    }
    const logits = files.map((_, i) =>
      first[part].logits[i]!.map((_, c) => mean(members.map((m) => m[part].logits[i]![c]!))),
    )
    return { files, logits }
  }
  const [validation, test, external, blanked] = PARTS.map(meanOf) as [Scores, Scores, Scores, Scores]
  const truths = validation.files.map((f) => records.truthOf(f))
  const temperature = temperatureOf(validation.logits, truths, records.list)
  return { fold: first.fold, temperature, validation, test, external, blanked }
}
