import { API_KEY } from '@detl/core/api/api-key'
import { signal, useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { settings } from '../state/settings.ts'
import { text } from '../text/text.ts'
import { Icon } from './icon.tsx'

const SHOWN = { type: 'text' } as const
const HIDDEN = { type: 'password' } as const

const open = signal(false)
export const openKeyDialog = () => {
  open.value = true
}

export function KeyDialog() {
  const dialog = useRef<HTMLDialogElement>(null)
  const shown = open.value
  useEffect(() => {
    if (shown) dialog.current?.showModal()
    else dialog.current?.close()
  }, [shown])
  const close = () => {
    open.value = false
  }
  const t = text.value
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="key-heading" onClose={close}>
      <div class="dialog-head">
        <h2 id="key-heading">{t.key.heading}</h2>
        <button type="button" class="icon-button" aria-label={t.close} onClick={close}>
          <Icon name="close" />
        </button>
      </div>
      <p>{t.key.lead}</p>
      {shown && <KeyForm done={close} />}
    </dialog>
  )
}

/** Also stands in the result's place while an image waits for a key. */
export function KeyForm({ done }: { done?: () => void }) {
  const draft = useSignal(settings.key.peek())
  const visible = useSignal(false)
  const wrong = useSignal(false)
  const t = text.value
  return (
    <form
      class="key-form"
      onSubmit={(event) => {
        event.preventDefault()
        const key = draft.value.trim()
        wrong.value = !API_KEY.test(key)
        if (wrong.value) return
        settings.key.value = key
        done?.()
      }}
    >
      <label>
        <span>{t.key.label}</span>
        <input
          {...(visible.value ? SHOWN : HIDDEN)}
          value={draft.value}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          placeholder="detl_…"
          aria-invalid={wrong.value}
          aria-describedby="key-help"
          onInput={(event) => {
            draft.value = event.currentTarget.value
            wrong.value = false
          }}
        />
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={visible.value}
          onChange={(event) => {
            visible.value = event.currentTarget.checked
          }}
        />
        {t.key.show}
      </label>
      <p id="key-help" class={wrong.value ? 'wrong' : 'fine'} role={wrong.value ? 'alert' : undefined}>
        {wrong.value ? t.key.malformed : t.key.where}
      </p>
      <div class="row">
        <button type="submit" class="button primary">
          {t.key.save}
        </button>
        {settings.key.value !== '' && (
          <button
            type="button"
            class="button"
            onClick={() => {
              settings.key.value = ''
              draft.value = ''
              done?.()
            }}
          >
            {t.key.forget}
          </button>
        )}
      </div>
    </form>
  )
}
