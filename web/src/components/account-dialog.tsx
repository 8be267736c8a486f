import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { PageError, type Problem } from '../engine/types.ts'
import { type AccountView, type Choice, chooseSettings, readAccountView } from '../screening/account.ts'
import { dialogs } from '../state/dialogs.ts'
import { settings } from '../state/settings.ts'
import { text } from '../text/text.ts'
import { AccountKeys } from './account-keys.tsx'
import { AccountUsage } from './account-usage.tsx'
import { Dialog } from './dialog.tsx'

/** Plan, usage and keys of the account that the key belongs to. */
export function AccountDialog() {
  return (
    <Dialog open={dialogs.account} id="account" heading={text.value.account.heading} wide>
      <AccountBody />
    </Dialog>
  )
}

function AccountBody() {
  const seen = useSignal<AccountView | undefined>(undefined)
  const problem = useSignal<Problem | undefined>(undefined)
  const key = settings.key.value
  /** Does something, then shows the account as it is afterwards. */
  const update = async <T,>(change?: () => Promise<T>): Promise<T | undefined> => {
    problem.value = undefined
    try {
      const done = await change?.()
      seen.value = await readAccountView(key)
      return done
    } catch (error) {
      if (!(error instanceof PageError)) throw error
      problem.value = error.problem
      return undefined
    }
  }
  const save = (choice: Choice) => update(() => chooseSettings(key, choice))
  useEffect(() => void update(), [key])

  const t = text.value
  const view = seen.value
  const words = problem.value && (t.problems[problem.value.code]?.title ?? problem.value.title)
  return (
    <>
      {words && (
        <p class="wrong" role="alert">
          {words}
        </p>
      )}
      {!view && !words && <span class="spinner" />}
      {view?.account && (
        <dl class="facts">
          <dt>{t.account.name}</dt>
          <dd>{view.account.name}</dd>
          <dt>{t.account.plan}</dt>
          <dd>{plan(view.account)}</dd>
          <dt>{t.account.fallback}</dt>
          <dd>
            <FallbackChoice account={view.account} save={save} />
          </dd>
          <dt>{t.account.selective}</dt>
          <dd>
            <SelectiveChoice account={view.account} save={save} />
          </dd>
        </dl>
      )}
      {view?.usage && <AccountUsage rows={view.usage} />}
      {view?.keys && <AccountKeys keys={view.keys} update={update} />}
      {view && !view.account && !view.usage && !view.keys && <p>{t.account.nothing}</p>}
    </>
  )
}

type Account = NonNullable<AccountView['account']>

function plan({ plan: { kind, ...more }, credits }: Account): string {
  const t = text.value.account
  if (kind === 'prepaid') return t.prepaid(credits)
  if (!('perMonth' in more)) return t.postpaid
  return more.perMonth === 0 ? t.testOnly : t.quota(more.perMonth)
}

type ChoiceProps = { account: Account; save(choice: Choice): Promise<unknown> }

function FallbackChoice({ account, save }: ChoiceProps) {
  const t = text.value.account
  return (
    <select
      aria-label={t.fallback}
      value={account.settings.fallback ?? ''}
      onChange={(event) => {
        const chosen = event.currentTarget.value
        void save({ fallback: chosen === 'edge' || chosen === 'fail' ? chosen : null })
      }}
    >
      <option value="">{t.fallbackDefault}</option>
      <option value="edge">{t.fallbackEdge}</option>
      <option value="fail">{t.fallbackFail}</option>
    </select>
  )
}

function SelectiveChoice({ account, save }: ChoiceProps) {
  const t = text.value.account
  return (
    <select
      aria-label={t.selective}
      value={account.settings.selective ? 'sure' : ''}
      onChange={(event) => void save({ selective: event.currentTarget.value === 'sure' ? true : null })}
    >
      <option value="">{t.selectiveAll}</option>
      <option value="sure">{t.selectiveSure}</option>
    </select>
  )
}
