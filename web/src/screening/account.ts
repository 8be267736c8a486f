import type { Account, KeyInfo, KeyInput, Settings, UsageRow } from '@detl/core/api/account'
import { engine, unwrap } from '../engine/engine.ts'
import { PageError } from '../engine/types.ts'
import { reach, readProblem } from './endpoint.ts'

/** What the key at hand may see of its account; a part that it may not see is undefined. */
export type AccountView = {
  readonly account: Account | undefined
  readonly usage: readonly UsageRow[] | undefined
  readonly keys: readonly KeyInfo[] | undefined
}

/** @throws PageError offline, key-invalid and the like; a missing scope only leaves its part out */
export async function readAccountView(key: string): Promise<AccountView> {
  const part = async <T>(path: string, read: (json: unknown) => Promise<T>): Promise<T | undefined> => {
    try {
      return await read(await ask(key, 'GET', path))
    } catch (error) {
      if (error instanceof PageError && error.problem.code === 'scope-missing') return undefined
      throw error
    }
  }
  const [account, usage, keys] = await Promise.all([
    part('/v1/account', (json) => unwrap(engine().readAccount(json))),
    part('/v1/usage', (json) => unwrap(engine().readUsage(json))),
    part('/v1/keys', (json) => unwrap(engine().readKeys(json))),
  ])
  return { account, usage, keys }
}

/** @returns the new key, which the endpoint tells this once */
export async function createKey(key: string, input: Pick<KeyInput, 'name' | 'mode'>): Promise<string> {
  return unwrap(engine().readCreatedKey(await ask(key, 'POST', '/v1/keys', input)))
}

export async function revokeKey(key: string, id: string): Promise<void> {
  await ask(key, 'DELETE', `/v1/keys/${id}`)
}

export async function putSettings(key: string, settings: Settings): Promise<void> {
  await ask(key, 'PUT', '/v1/account/settings', settings)
}

async function ask(key: string, method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await reach(path, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new PageError(await readProblem(response))
  return response.json()
}
