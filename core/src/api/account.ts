import * as z from 'zod'
import { classIdSchema } from '../model/class-schema.ts'
import { DICOM_OBJECTS } from './dicom-objects.ts'

/** Lower-case letters and digits: it stands inside API keys, between underscores. */
export const accountIdSchema = z.string().regex(/^[a-z0-9]{3,24}$/)

/** What a key or token may do. */
export const SCOPES = [
  'screenings:write',
  'screenings:read',
  'usage:read',
  'keys:write',
  'account:write',
] as const
export type Scope = (typeof SCOPES)[number]

/** How an account pays. Test screenings are free under every plan, up to `limits.testPerDay`. */
export const planSchema = z.discriminatedUnion('kind', [
  /** Credits bought ahead; each answered screening takes one. */
  z.strictObject({ kind: z.literal('prepaid') }),
  /** So many a calendar month (UTC), then a hard stop. */
  z.strictObject({ kind: z.literal('quota'), perMonth: z.int().nonnegative() }),
  /** Counted now, billed afterwards. */
  z.strictObject({ kind: z.literal('postpaid') }),
])
export type Plan = z.infer<typeof planSchema>

export const limitsSchema = z.strictObject({
  /** Requests a minute: a token bucket of that size for the account, and one for each key. */
  perMinute: z.int().positive().max(100_000),
  perKeyPerMinute: z.int().positive().max(100_000),
  /** Requests for screenings in progress at once, and jobs that wait. A comparison is one: its films are screened one after the other. */
  concurrent: z.int().positive().max(10_000),
  testPerDay: z.int().nonnegative(),
})
export type Limits = z.infer<typeof limitsSchema>
export const DEFAULT_ACCOUNT_LIMITS: Limits = {
  perMinute: 600,
  perKeyPerMinute: 600,
  concurrent: 32,
  testPerDay: 1000,
}

const rate = z.number().min(0).max(1)
/** By class of the model. */
const perLabel = z.record(classIdSchema, rate, { error: 'expected {"<class>": 0 to 1, …}, {} for none' })

const MAX_KEEP_HOURS = 168 // a week

/** What the account chose for its answers. */
export const settingsSchema = z.strictObject({
  /** A point of the model's manifest, or the account's own thresholds on the classes' probabilities. */
  operatingPoint: z.union([z.enum(['screening', 'balanced']), z.strictObject({ thresholds: perLabel })], {
    error: 'expected "screening", "balanced" or {"thresholds": {"<class>": 0 to 1, …}}',
  }),
  /**
   * Whether images are left undecided of which the model is not sure enough, by its manifest's `selective`: fewer answers, and more of them right.
   * Absent: what is decided does not depend on it.
   */
  selective: z.boolean().optional(),
  /** How common each class is among those screened here, for predictive values; none are stated without it. */
  prevalence: perLabel.refine(
    (shares) => Object.values(shares).reduce((sum, share) => sum + share, 0) <= 1 + 1e-9,
    { error: 'together they are at most 1: who is screened is of one class' },
  ),
  /** What a screening gets while the GPU is away: the answer of the edge's own run of the model, or 503. Absent: as the service is set up. */
  fallback: z.enum(['edge', 'fail']).optional(),
  /** Hours for which reports and heat maps of images that came by DICOMweb are kept, to be fetched there. Absent: nothing is kept. */
  keepHours: z.int().min(1).max(MAX_KEEP_HOURS).optional(),
  /** Which objects are kept; absent: report and heat map. */
  keepObjects: z.array(z.enum(DICOM_OBJECTS)).min(1).max(DICOM_OBJECTS.length).optional(),
})
export type Settings = z.infer<typeof settingsSchema>

/** An account as the admin API takes it. */
export const accountInputSchema = z.strictObject({
  name: z.string().min(1).max(200),
  plan: planSchema,
  limits: limitsSchema.partial().default({}),
  /** The customer at the billing provider; without it nothing is exported. */
  billingCustomer: z.string().max(255).optional(),
})
export type AccountInput = z.infer<typeof accountInputSchema>

export const accountSchema = z.strictObject({
  id: accountIdSchema,
  name: z.string(),
  plan: planSchema,
  limits: limitsSchema,
  settings: settingsSchema,
  billingCustomer: z.string().optional(),
  /** Credits left; meaningful for prepaid plans. */
  credits: z.int(),
  createdAt: z.iso.datetime(),
})
export type Account = z.infer<typeof accountSchema>

export const keyInputSchema = z.strictObject({
  name: z.string().min(1).max(100),
  mode: z.enum(['live', 'test']),
  scopes: z
    .array(z.enum(SCOPES))
    .min(1)
    .max(SCOPES.length)
    .default(['screenings:write', 'screenings:read', 'usage:read']),
  expiresAt: z.iso.datetime().optional(),
})
export type KeyInput = z.infer<typeof keyInputSchema>

export const keySchema = z.strictObject({
  id: z.string(),
  /** What the key begins with, to tell keys apart. */
  prefix: z.string(),
  name: z.string(),
  mode: z.enum(['live', 'test']),
  scopes: z.array(z.enum(SCOPES)),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
})
export type KeyInfo = z.infer<typeof keySchema>

/** The only answer that ever holds a key. */
export const createdKeySchema = keySchema.extend({ key: z.string() })

export const usageRowSchema = z.strictObject({
  day: z.iso.date(),
  key: z.string(),
  mode: z.enum(['live', 'test']),
  /** `answered`, or the problem code of a refusal or failure, or `replayed`, `abandoned`, `cancelled`. */
  outcome: z.string(),
  screenings: z.int().nonnegative(),
  billed: z.int().nonnegative(),
})
export type UsageRow = z.infer<typeof usageRowSchema>

export const auditEntrySchema = z.strictObject({
  at: z.iso.datetime(),
  /** Key id, `admin`, or `token` with its subject. */
  actor: z.string(),
  /** `screening`, or what was changed. */
  action: z.string(),
  /** Of a screening: `answered`, a problem code, `reserved` while it is in progress, or as in usage. */
  code: z.string().optional(),
  /** Ids only; never pixels, names or patient data. */
  detail: z.string(),
})
export type AuditEntry = z.infer<typeof auditEntrySchema>
