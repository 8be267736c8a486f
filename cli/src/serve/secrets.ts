import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
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
 * Secrets of a local start: from the environment where it has them (two processes that must agree), else those that were kept, else
 * fresh ones. What is kept stays as it is: a start with other secrets in its environment uses them and keeps none of them.
 * @param stateDir where fresh ones are kept, so that accounts and keys that were made in one start hold in the next
 * @throws Error that says what to do where the file is empty or damaged
 */
export function localSecrets(stateDir?: string): LocalSecrets {
  const file = stateDir === undefined ? undefined : join(stateDir, FILE)
  const kept = file === undefined ? undefined : read(file)
  const { env } = process
  const secrets = {
    signingKey: env.DETL_SIGNING_KEY ?? kept?.signingKey ?? `local:${randomBytes(32).toString('base64')}`,
    keyPepper: env.DETL_KEY_PEPPER ?? kept?.keyPepper ?? randomBytes(24).toString('base64url'),
    adminKey: env.DETL_ADMIN_KEY ?? kept?.adminKey ?? `detl_admin_${randomBytes(24).toString('base64url')}`,
    demoKey: env.DETL_DEMO_KEY ?? kept?.demoKey ?? `detl_test_${randomBytes(18).toString('base64url')}`,
  }
  if (kept && kept.keyPepper !== secrets.keyPepper)
    console.error(
      `DETL_KEY_PEPPER is another than the one in ${file}: keys that were made under that one do not hold now`,
    )
  if (file !== undefined && !kept && !written(file, secrets)) return localSecrets(stateDir)
  if (file !== undefined && kept) chmodSync(file, OWNER_ONLY)
  return secrets
}

const FILE = 'secrets.json'
const OWNER_ONLY = 0o600
const OWNER_ONLY_FOLDER = 0o700

/** The whole file or none: a start that is ended in the middle leaves no half of it. @returns false where another start was first */
function written(file: string, secrets: LocalSecrets): boolean {
  mkdirSync(dirname(file), { recursive: true, mode: OWNER_ONLY_FOLDER }) // the accounts' databases lie in it too
  const part = `${file}.${process.pid}.part`
  const descriptor = openSync(part, 'wx', OWNER_ONLY)
  try {
    writeSync(descriptor, JSON.stringify(secrets))
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  try {
    linkSync(part, file) // unlike renaming it takes no other start's place
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    unlinkSync(part)
  }
}

function read(file: string): LocalSecrets | undefined {
  if (!existsSync(file)) return undefined
  const text = readFileSync(file, 'utf8')
  const parsed = secretsSchema.safeParse(jsonOrUndefined(text))
  if (parsed.success) return parsed.data
  throw new Error(
    `${file} is ${text.trim() === '' ? 'empty' : 'damaged'}. Put it back from a backup: accounts and keys of this folder hold under its secrets alone. ` +
      'Where there is none, delete it: a new one is made, the accounts stay, and their keys must be made anew.',
  )
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // as damaged as JSON of another kind
  }
}
