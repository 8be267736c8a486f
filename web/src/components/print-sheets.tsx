import { printing, type Sheet } from '../state/print-all.ts'
import { text } from '../text/text.ts'
import { told } from '../text/told.ts'
import { PrintFacts } from './details.tsx'
import { Headline } from './headline.tsx'
import { Score } from './score.tsx'
import { SeverityCard } from './severity.tsx'

/** The pages of `printAll`; nothing else is printed while there are any. */
export function PrintSheets() {
  const sheets = printing.value?.sheets ?? []
  if (sheets.length === 0) return null
  return (
    <div class="sheets">
      {sheets.map((sheet) => (
        <Page key={sheet.item.id} {...sheet} />
      ))}
    </div>
  )
}

function Page({ item, result, picture, examination }: Sheet) {
  const t = text.value
  const first = told(result).classes.find((one) => one.class === result.decision.leading)
  return (
    <article class="sheet">
      <h2>{t.title}</h2>
      <img src={picture} alt={t.viewer.heatOf(first?.name ?? '')} />
      <PrintFacts item={item} result={result} heatOf={first?.name} examination={examination} />
      <Headline result={result} />
      <div class="card scores">
        {result.classes.map(({ id }) => (
          <Score key={id} label={id} result={result} still />
        ))}
      </div>
      {result.severity && <SeverityCard severity={result.severity} drawn={false} still />}
      <p class="sheet-foot">{t.disclaimer}</p>
    </article>
  )
}
