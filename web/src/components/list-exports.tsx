import { listCsv } from '../screening/list-csv.ts'
import { openComparison } from '../state/dialogs.ts'
import { shownItems } from '../state/list-view.ts'
import { printAll, printing } from '../state/print-all.ts'
import { text } from '../text/text.ts'
import { download } from '../viewer/download.ts'
import { Icon } from './icon.tsx'

/** What of the list is shown, as a table or on paper. */
export function ListExports() {
  const t = text.value.list
  const shown = shownItems.value
  const scored = shown.filter(({ result }) => result !== undefined).length
  const busy = printing.value
  return (
    <>
      <button
        type="button"
        class="button"
        disabled={shown.length === 0}
        onClick={() => void listCsv(shown).then((csv) => download(csv, 'detl-work-list.csv'))}
      >
        <Icon name="save" />
        {t.csv}
      </button>
      <button
        type="button"
        class="button"
        disabled={scored === 0 || busy !== undefined}
        onClick={() => void printAll(shown)}
      >
        <Icon name="print" />
        {t.printAll}
      </button>
      {scored > 1 && (
        <button
          type="button"
          class="icon-button"
          aria-label={text.value.comparison.open}
          title={text.value.comparison.open}
          onClick={openComparison}
        >
          <Icon name="compare" />
        </button>
      )}
      <p class="hidden-words" role="status">
        {busy && t.preparing(Math.min(busy.all, busy.sheets.length + 1), busy.all)}
      </p>
    </>
  )
}
