import { effect } from '@preact/signals'
import { render } from 'preact'
import { App } from './app.tsx'
import { startModelInfo } from './screening/model-info.ts'
import { startOffers } from './screening/offers.ts'
import { startKept } from './state/kept.ts'
import { startOffline } from './state/offline.ts'
import { startSettings } from './state/settings.ts'
import { startView } from './state/show-selected.ts'
import { resume, startWorkList } from './state/work-list.ts'
import { text } from './text/text.ts'
import './style/tokens.css'
import './style/page.css'
import './style/controls.css'
import './style/bench.css'
import './style/viewer.css'
import './style/result.css'
import './style/account.css'
import './style/batches.css'
import './style/comparison.css'
import './style/narrow.css'
import './style/print.css'

startSettings()
startWorkList()
void startKept().then(resume)
startView()
startModelInfo()
void startOffers()
startOffline()
effect(() => {
  document.title = text.value.title
})
render(<App />, document.getElementById('app')!)

if (__SERVICE_WORKER__ && 'serviceWorker' in navigator) {
  navigator.serviceWorker.register('/service-worker.js').catch((error: unknown) => {
    console.warn('this page will not work offline', error)
  })
}
