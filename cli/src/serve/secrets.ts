import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'

const secretsSchema = z.object({
  /** `id:base64`, shared by the edge and the GPU function. */
  signingKey: z.string(),
  /** API keys are known by their hash under it. */
  keyPepper: z.string(),
  /** For `detl keys` and the admin API. */
  adminKey: z.string(),
  /** An API key for trying things out. */
  demoKey: z.string(),
})

export type LocalSecrets = Readonly<z.infer<typeof secretsSchema>>

/**
 * Secrets of a local start: from the environment where it has them (two processes that must agree), else fresh ones.
 * @param stateDir where fresh ones are kept, so that accounts and keys that were made in one start hold in the next
 */
export function localSecrets(stateDir?: string): LocalSecrets {
  const file = stateDir === undefined ? undefined : join(stateDir, 'secrets.json')
  const kept = file === undefined ? undefined : read(file)
  const { env } = process
  const secrets = {
    signingKey: env.DETL_SIGNING_KEY ?? kept?.signingKey ?? `local:${randomBytes(32).toString('base64')}`,
    keyPepper: env.DETL_KEY_PEPPER ?? kept?.keyPepper ?? randomBytes(24).toString('base64url'),
    adminKey: env.DETL_ADMIN_KEY ?? kept?.adminKey ?? `detl_admin_${randomBytes(24).toString('base64url')}`,
    demoKey: env.DETL_DEMO_KEY ?? kept?.demoKey ?? `detl_test_${randomBytes(18).toString('base64url')}`,
  }
  if (stateDir !== undefined && file !== undefined) {
    mkdirSync(stateDir, { recursive: true })
    writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 })
  }
  return secrets
}

function read(file: string): LocalSecrets | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  return secretsSchema.parse(JSON.parse(text))
}
