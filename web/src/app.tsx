import { AccountDialog } from './components/account-dialog.tsx'
import { BatchesDialog } from './components/batches-dialog.tsx'
import { ComparisonDialog } from './components/comparison-dialog.tsx'
import { DropTarget } from './components/drop.tsx'
import { Header } from './components/header.tsx'
import { Intake } from './components/intake.tsx'
import { KeyDialog } from './components/key-dialog.tsx'
import { Notice } from './components/notice.tsx'
import { PrintSheets } from './components/print-sheets.tsx'
import { ResultPanel } from './components/result.tsx'
import { Viewer } from './components/viewer.tsx'
import { WorkList } from './components/work-list.tsx'
import { announcement, items } from './state/items.ts'
import { text } from './text/text.ts'
import { told } from './text/told.ts'

export function App() {
  const empty = items.value.length === 0
  return (
    <>
      <a class="skip" href="#result">
        {text.value.skipToResult}
      </a>
      <Header />
      <main class={empty ? 'bench empty' : 'bench'}>
        {empty ? (
          <Intake />
        ) : (
          <>
            <WorkList />
            <Viewer />
            <ResultPanel />
          </>
        )}
      </main>
      <Notice />
      <KeyDialog />
      <AccountDialog />
      <BatchesDialog />
      <ComparisonDialog />
      <DropTarget />
      <PrintSheets />
      <Announcer />
    </>
  )
}

/** Tells screen readers what became of an image. */
function Announcer() {
  const item = announcement.value
  const t = text.value
  const words = () => {
    if (!item) return ''
    if (item.result) return `${item.name}: ${told(item.result).headline}`
    if (item.problem)
      return `${item.name}: ${t.problems[item.problem.code]?.title ?? item.problem.title ?? ''}`
    return item.status === 'needs-key' ? t.key.needed : ''
  }
  return (
    <p class="hidden-words" aria-live="polite">
      {words()}
    </p>
  )
}
