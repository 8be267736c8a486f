import type { KeyInfo, KeyInput } from '@detl/core/api/account'
import { useSignal } from '@preact/signals'
import { createKey, revokeKey } from '../screening/account.ts'
import { settings } from '../state/settings.ts'
import { text } from '../text/text.ts'
import { Icon } from './icon.tsx'

type Props = {
  keys: readonly KeyInfo[]
  update<T>(change: () => Promise<T>): Promise<T | undefined>
}

/** The account's keys: make one, whose secret is shown this once, and revoke one. */
export function AccountKeys({ keys, update }: Props) {
  const fresh = useSignal<string | undefined>(undefined)
  const t = text.value.account
  const inUse = keyInUse(keys, settings.key.value)
  return (
    <section aria-labelledby="keys-heading">
      <h3 id="keys-heading">{t.keys}</h3>
      <ul class="keys">
        {keys.map(({ id, name, prefix, mode, createdAt, revokedAt }) => (
          <li key={id}>
            <span>
              {name} <code>{prefix}…</code>
              <span class="fine key-made">
                {t.made(createdAt.slice(0, 10))}
                {id === inUse && ` · ${t.inUse}`}
              </span>
            </span>
            <span class="fine">{revokedAt ? t.revoked : mode === 'live' ? t.live : t.test}</span>
            {!revokedAt && (
              <button
                type="button"
                class="link"
                aria-label={t.revokeOf(name)}
                onClick={() => {
                  const question = id === inUse ? t.revokeOwn(name) : t.revokeSure(name)
                  if (confirm(question)) void update(() => revokeKey(settings.key.peek(), id))
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
        <div class="fresh-key" role="status" ref={(box) => box?.scrollIntoView({ block: 'nearest' })}>
          <p>{t.fresh}</p>
          <code>{fresh.value}</code>
          <CopyButton words={fresh.value} />
        </div>
      )}
    </section>
  )
}

function CopyButton({ words }: { words: string }) {
  const copied = useSignal('')
  const t = text.value.account
  return (
    <button
      type="button"
      class="button"
      onClick={() => {
        const copying = navigator.clipboard.writeText(words)
        copying.then(
          () => {
            copied.value = words
          },
          (error: unknown) => console.warn('the key is to be copied by hand', error),
        )
      }}
    >
      <Icon name={copied.value === words ? 'check' : 'copy'} />
      {copied.value === words ? t.copied : t.copy}
    </button>
  )
}

/** The key that this page calls with: of those whose beginning it has, the one of which most is known. */
function keyInUse(keys: readonly KeyInfo[], key: string): string | undefined {
  const fitting = keys.filter(({ prefix, revokedAt }) => !revokedAt && key.startsWith(prefix))
  return fitting.sort((a, b) => b.prefix.length - a.prefix.length)[0]?.id
}
