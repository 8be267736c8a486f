import type { Account, KeyInfo, KeyInput, Settings, UsageRow } from '@detl/core/api/account'
import { engine, unwrap } from '../engine/engine.ts'
import { PageError } from '../engine/types.ts'
import { answered, api, withKey } from './endpoint.ts'

/** What the key at hand may see of its account; a part that it may not see is undefined. */
export type AccountView = {
  readonly account: Account | undefined
  readonly usage: readonly UsageRow[] | undefined
  readonly keys: readonly KeyInfo[] | undefined
}

/** @throws PageError offline, key-invalid and the like; a missing scope only leaves its part out */
export async function readAccountView(key: string): Promise<AccountView> {
  const headers = withKey(key)
  const [account, usage, keys] = await Promise.all([
    visible(async () => unwrap(engine().readAccount(answered(await api.GET('/v1/account', { headers }))))),
    visible(async () => unwrap(engine().readUsage(answered(await api.GET('/v1/usage', { headers }))))),
    visible(async () => unwrap(engine().readKeys(answered(await api.GET('/v1/keys', { headers }))))),
  ])
  return { account, usage, keys }
}

async function visible<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof PageError && error.problem.code === 'scope-missing') return undefined
    throw error
  }
}

/** @returns the new key, which the endpoint tells this once */
export async function createKey(key: string, input: Pick<KeyInput, 'name' | 'mode'>): Promise<string> {
  const created = await api.POST('/v1/keys', { headers: withKey(key), body: input })
  return unwrap(engine().readCreatedKey(answered(created)))
}

export async function revokeKey(key: string, id: string): Promise<void> {
  answered(await api.DELETE('/v1/keys/{key}', { headers: withKey(key), params: { path: { key: id } } }))
}

/** Settings of the account that the page offers; null: as the service is set up. */
export type Choice = {
  readonly fallback?: Settings['fallback'] | null
  readonly selective?: Settings['selective'] | null
}

/** Changes what is named, and nothing else. @throws PageError request-invalid where the model cannot do it */
export async function chooseSettings(key: string, choice: Choice): Promise<void> {
  const headers = { ...withKey(key), 'content-type': 'application/merge-patch+json' }
  answered(await api.PATCH('/v1/account/settings', { headers, body: choice }))
}
