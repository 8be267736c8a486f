import type { KeyInfo, KeyInput } from '@detl/core/api/account'
import { useSignal } from '@preact/signals'
import { createKey, revokeKey } from '../screening/account.ts'
import { settings } from '../state/settings.ts'
import { text } from '../text/text.ts'

type Props = {
  keys: readonly KeyInfo[]
  update<T>(change: () => Promise<T>): Promise<T | undefined>
}

/** The account's keys: make one, whose secret is shown this once, and revoke one. */
export function AccountKeys({ keys, update }: Props) {
  const fresh = useSignal<string | undefined>(undefined)
  const t = text.value.account
  return (
    <section aria-labelledby="keys-heading">
      <h3 id="keys-heading">{t.keys}</h3>
      <ul class="keys">
        {keys.map(({ id, name, prefix, mode, revokedAt }) => (
          <li key={id}>
            <span>
              {name} <code>{prefix}…</code>
            </span>
            <span class="fine">{revokedAt ? t.revoked : mode === 'live' ? t.live : t.test}</span>
            {!revokedAt && (
              <button
                type="button"
                class="link"
                aria-label={t.revokeOf(name)}
                onClick={() => {
                  if (confirm(t.revokeSure(name))) void update(() => revokeKey(settings.key.peek(), id))
                }}
              >
                {t.revoke}
              </button>
            )}
          </li>
        ))}
      </ul>
      <form
        class="row new-key"
        onSubmit={(event) => {
          event.preventDefault()
          const form = event.currentTarget
          const input = Object.fromEntries(new FormData(form)) as Pick<KeyInput, 'name' | 'mode'>
          void update(() => createKey(settings.key.peek(), input)).then((made) => {
            fresh.value = made
            if (made) form.reset()
          })
        }}
      >
        <input
          type="text"
          name="name"
          required
          maxLength={100}
          aria-label={t.keyName}
          placeholder={t.keyName}
        />
        <select name="mode" aria-label={t.mode}>
          <option value="live">{t.live}</option>
          <option value="test">{t.test}</option>
        </select>
        <button type="submit" class="button">
          {t.make}
        </button>
      </form>
      {fresh.value && (
        <div class="fresh-key" role="status">
          <p>{t.fresh}</p>
          <code>{fresh.value}</code>
        </div>
      )}
    </section>
  )
}
