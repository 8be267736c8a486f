import { API_KEY } from '@detl/core/api/api-key'
import { useSignal } from '@preact/signals'
import { settings } from '../state/settings.ts'
import { text } from '../text/text.ts'

const SHOWN = { type: 'text' } as const
const HIDDEN = { type: 'password' } as const

/** Where the key is entered: in the dialog, and in the result's place while an image waits for a key. */
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
