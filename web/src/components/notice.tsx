import { useRef } from 'preact/hooks'
import { offers } from '../screening/offers.ts'
import { text } from '../text/text.ts'
import { Icon } from './icon.tsx'

/** What the tool is not: always in sight, with more on request. */
export function Notice() {
  const dialog = useRef<HTMLDialogElement>(null)
  const t = text.value
  return (
    <footer class="notice">
      <Icon name="info" />
      <p>{t.disclaimer}</p>
      <button type="button" class="link" onClick={() => dialog.current?.showModal()}>
        {t.about}
      </button>
      {offers.value.paths.length > 0 && (
        <a class="link" href="/v1/docs" target="_blank" rel="noreferrer">
          {t.settings.apiReference}
        </a>
      )}
      <dialog ref={dialog} class="dialog" closedby="any" aria-labelledby="about-heading">
        <div class="dialog-head">
          <h2 id="about-heading">{t.about}</h2>
          <button
            type="button"
            class="icon-button"
            aria-label={t.close}
            onClick={() => dialog.current?.close()}
          >
            <Icon name="close" />
          </button>
        </div>
        <p>{t.disclaimer}</p>
        <ul class="prose">
          {t.disclaimerMore.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </dialog>
    </footer>
  )
}
