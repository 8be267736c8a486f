import type { ComparisonFormat } from '@detl/core/answers/comparison/files'
import { useSignal } from '@preact/signals'
import { PageError, type Problem } from '../engine/types.ts'
import { type Asked, saveComparison } from '../screening/compare.ts'
import { text } from '../text/text.ts'
import { download } from '../viewer/download.ts'
import { SaveButton } from './save-button.tsx'

const FORMATS = ['png', 'fhir', 'sr'] as const satisfies readonly ComparisonFormat[]

/** A comparison saved as a picture, FHIR or a DICOM report. */
export function ComparisonExports({ id, asked }: { id: string; asked: Asked }) {
  const t = text.value.exports
  const busy = useSignal(false)
  const problem = useSignal<Problem | undefined>(undefined)
  const save = async (format: ComparisonFormat) => {
    busy.value = true
    problem.value = undefined
    try {
      const file = await saveComparison(format, id, asked)
      download(file, file.name)
    } catch (error) {
      if (!(error instanceof PageError)) throw error
      problem.value = error.problem
    } finally {
      busy.value = false
    }
  }
  return (
    <section class="exports" aria-label={t.heading}>
      <h3>{t.heading}</h3>
      <div class="row">
        {FORMATS.map((format) => (
          <SaveButton key={format} name={t[format]} busy={busy.value} press={() => save(format)} />
        ))}
      </div>
      <p class="fine" aria-live="polite">
        {busy.value && t.working}
        {problem.value && (text.value.problems[problem.value.code]?.title ?? problem.value.title)}
      </p>
    </section>
  )
}
