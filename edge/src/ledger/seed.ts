import { accountIdSchema, SCOPES } from '@detl/core/api/account'
import * as z from 'zod'
import type { Seed } from './ledger.ts'

const configuredKeysSchema = z.array(
  z.object({ hash: z.string().regex(/^[0-9a-f]{64}$/), account: accountIdSchema }),
)

/**
 * Keys that the deployment itself brings: the variable DETL_API_KEYS, JSON of `[{"hash": hex HMAC-SHA256 of the key under
 * DETL_KEY_PEPPER, "account": "…"}]`.
 */
export const configuredKeys = (text: string): z.infer<typeof configuredKeysSchema> =>
  configuredKeysSchema.parse(JSON.parse(text))

/** What the configuration brings of an account: it and its test keys, with every scope. */
export function seedOf(account: string, text = '[]'): Seed | undefined {
  const own = configuredKeys(text).filter((key) => key.account === account)
  if (own.length === 0) return undefined
  return {
    account: {
      name: account,
      plan: { kind: 'quota', perMonth: 0 },
      limits: { perMinute: 6000, perKeyPerMinute: 6000, testPerDay: 100_000 },
    },
    keys: own.map(({ hash }) => ({
      id: `configured-${hash.slice(0, 8)}`,
      hash,
      prefix: 'detl_test_',
      name: 'configured',
      mode: 'test',
      scopes: SCOPES.join(' '),
      expires: null,
    })),
  }
}
