import { randomBytes } from 'node:crypto'

export type LocalSecrets = {
  /** `id:base64`, shared by the edge and the GPU function. */
  readonly signingKey: string
  readonly keyPepper: string
  /** An API key for trying things out; new at every start. */
  readonly demoKey: string
}

/** Secrets of a local start: from the environment where it has them (two processes that must agree), else fresh. */
export const localSecrets = (): LocalSecrets => ({
  signingKey: process.env.DETL_SIGNING_KEY ?? `local:${randomBytes(32).toString('base64')}`,
  keyPepper: process.env.DETL_KEY_PEPPER ?? randomBytes(24).toString('base64url'),
  demoKey: process.env.DETL_DEMO_KEY ?? `detl_test_${randomBytes(18).toString('base64url')}`,
})
