import { manifestSchema } from '@detl/core/model/manifest'
import { parseSigningKeys } from '@detl/core/wire/signature'
import * as z from 'zod'

const milliseconds = z.coerce.number().int().positive()

/** Vars and secrets of wrangler.toml, as the bindings give them: text. */
const varsSchema = z.object({
  GPU_URL: z.url(),
  GPU_DEADLINE_MS: milliseconds,
  MAX_BODY_BYTES: z.coerce.number().int().positive(),
  /** `id:base64`, one of the keys that the GPU function accepts. */
  DETL_SIGNING_KEY: z.string(),
  /** JSON: [{"hash": hex HMAC-SHA256 of the key under DETL_KEY_PEPPER, "account": "…"}] */
  DETL_API_KEYS: z.string(),
  DETL_KEY_PEPPER: z.string().min(16),
  /** Another model than the one built in: its manifest.json. */
  MODEL_MANIFEST: z.string().optional(),
})

const apiKeysSchema = z.array(
  z.object({ hash: z.string().regex(/^[0-9a-f]{64}$/), account: z.string().min(1) }),
)

export type EdgeEnv = ReturnType<typeof parseEnv>

/**
 * Bindings → typed configuration, once.
 * @throws Error naming each variable that is missing or malformed, never its value
 */
export function parseEnv(bindings: unknown, builtInManifest: unknown) {
  const parsed = varsSchema.safeParse(bindings)
  if (!parsed.success) {
    throw new Error(
      `wrangler bindings: ${parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; ')}`,
    )
  }
  const vars = parsed.data
  const signingKey = parseSigningKeys(vars.DETL_SIGNING_KEY)[0]!
  return {
    gpuUrl: vars.GPU_URL,
    gpuDeadlineMs: vars.GPU_DEADLINE_MS,
    maxBodyBytes: vars.MAX_BODY_BYTES,
    signingKey,
    apiKeys: apiKeysSchema.parse(JSON.parse(vars.DETL_API_KEYS)),
    keyPepper: vars.DETL_KEY_PEPPER,
    manifest: manifestSchema.parse(vars.MODEL_MANIFEST ? JSON.parse(vars.MODEL_MANIFEST) : builtInManifest),
  }
}
