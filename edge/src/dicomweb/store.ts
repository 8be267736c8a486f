import type { Answer } from '@detl/core/answers/answer'
import { makeObjects } from '@detl/core/answers/dicom/make-objects'
import { toldOf } from '@detl/core/answers/told'
import type { DicomObjectKind } from '@detl/core/api/dicom-objects'
import { AppError } from '@detl/core/api/problem'
import { nativeXml } from '@detl/core/dicomweb/native-xml'
import { type Stored, storeResponse } from '@detl/core/dicomweb/store-response'
import type { Places } from '@detl/core/places/places'
import { readRelated } from '@detl/core/wire/multipart-related'
import type { Context, Handler } from 'hono'
import { REPRESENTATIONS, type Representation } from '../answers/representations.ts'
import type { ByteBudget } from '../byte-budget.ts'
import type { EdgeContext } from '../context.ts'
import { deadlineIn } from '../deadline.ts'
import type { Keeper, Owner } from '../kept/keeper.ts'
import type { Opened } from '../ledger/ledger.ts'
import { granted } from '../middleware/auth.ts'
import { idempotencyKeyOf, languageOf } from '../screening/headers.ts'
import type { Granted } from '../screening/screened.ts'
import { readUpload, type UploadRules } from '../upload.ts'
import { baseOf } from './address.ts'
import { checkUid } from './check-uid.ts'
import { type Failed, failed, told } from './failure.ts'
import { type Identity, identify } from './identify.ts'
import { preferred, STORE_TYPES } from './media-types.ts'
import { type Round, type ScreenObjectDeps, screenObject } from './screen-object.ts'

export type StoreDeps = ScreenObjectDeps & {
  readonly keeper: Keeper
  readonly uploads: UploadRules
  readonly bytes: ByteBudget
  readonly places: Places
  /** How long a request may take in all. */
  readonly deadlineMs: number
}

/** Objects in one request: as many as can be screened within its time. */
const MAX_OBJECTS = 32

/** One object of a request, and what became of it. */
type Outcome = Stored & Partial<Pick<Failed, 'retryAfterS'>> & { readonly keptIn?: string }

/**
 * POST /v1/dicomweb/studies and …/studies/{study}: STOW-RS (PS3.18, section 10.5). Each image is a screening of its own, one after another, and
 * what fails of one is said of that one.
 */
export const storeInstances =
  (deps: StoreDeps): Handler<EdgeContext> =>
  async (c) => {
    const type = preferred(c.req.header('accept'), STORE_TYPES)
    const contentType = bodyType(c)
    const study = c.req.param('study')
    if (study !== undefined) checkUid('study', study)
    const key = idempotencyKeyOf(c)
    const account = c.get('account')
    const owner = { account, mode: c.get('mode') }
    const deadline = deadlineIn(deps.deadlineMs)
    const stay = deps.places.enter(owner)
    const claim = deps.bytes.claim(account)
    const credential = c.get('credential')
    try {
      const { plan } = granted(c, await deps.accounts(account).authorize(credential, 'screenings:write'))
      stay.of(plan)
      const body = await readUpload(c.req.raw, deps.uploads, claim, deadline)
      stay.uploaded()
      const round: Round = {
        credential,
        language: languageOf(c),
        deadline,
        traceparent: c.req.header('traceparent'),
        signal: c.req.raw.signal,
        grant: (opened: Opened) => granted<Granted>(c, opened),
        turn: (work) => stay.turn(work),
      }
      const outcomes: Outcome[] = []
      for (const bytes of objectsIn(contentType, body))
        outcomes.push(await store(deps, { owner, key, study }, bytes, round))
      return respond(c, type, outcomes)
    } finally {
      stay.leave()
      claim.release()
    }
  }

/** @throws AppError image-unsupported */
function bodyType(c: Context<EdgeContext>): string {
  const type = c.req.header('content-type') ?? ''
  const root = /;\s*type\s*=\s*"?([^";\s]+)/i.exec(type)?.[1] ?? 'application/dicom'
  const one = /^application\/dicom\s*(;|$)/i.test(type)
  const several = /^multipart\/related\s*;/i.test(type) && root.toLowerCase() === 'application/dicom'
  if (one || several) return type
  throw new AppError(
    'image-unsupported',
    'send DICOM objects as multipart/related; type="application/dicom", or one of them as application/dicom',
  )
}

function objectsIn(type: string, body: Uint8Array): Uint8Array[] {
  if (!/^multipart\//i.test(type)) return [body]
  const parts = readRelated(type, body, MAX_OBJECTS).map((part) => part.body)
  if (parts.length === 0) throw new AppError('image-missing', 'the multipart body has no parts')
  return parts
}

async function store(
  deps: StoreDeps,
  { owner, key, study }: { owner: Owner; key: string | undefined; study: string | undefined },
  bytes: Uint8Array,
  round: Round,
): Promise<Outcome> {
  const identity = await identify(bytes, deps.limits)
  if (!identity) {
    const detail = 'this is no DICOM object, or it does not say which it is (SOP and study UIDs)'
    return { sopClass: '', sopInstance: '', ...failed(new AppError('image-undecodable', detail)) }
  }
  const { sopClass, sopInstance } = identity
  try {
    if (study !== undefined && study !== identity.study)
      throw new AppError('conflict', 'the object belongs to another study than the address')
    const id = crypto.randomUUID()
    // A space stands in no key that a caller can send: these are apart from those of POST /v1/screenings.
    const idempotencyKey = `dicomweb ${key ?? deps.model} ${sopInstance}`
    const of = { id, account: owner.account, idempotencyKey }
    const { said, files, hours } = await screenObject(deps, of, bytes, round, made)
    // Charged by now. Should this fail, the object is said to have failed; when it comes again it costs nothing, and makes the same.
    if (hours !== undefined) await deps.keeper.keep(owner, files, hours)
    return { sopClass, sopInstance, more: told(said), ...(hours !== undefined && { keptIn: identity.study }) }
  } catch (error) {
    return { sopClass, sopInstance, ...logged(error, identity) }
  }
}

/** Each kind of object as the representation that it is. */
const KEPT_AS = {
  sr: 'sr',
  measurements: 'srMeasurements',
  sc: 'dicom',
  seg: 'dicomSeg',
  gsps: 'dicomGsps',
  pdf: 'dicomPdf',
} as const satisfies Record<DicomObjectKind, Representation>

/** What is said of a screening, and the objects that are kept of it where its account chose so. */
async function made(answer: Answer) {
  const { id, settings } = answer
  const { keepHours: hours, keepObjects = ['sr', 'sc'] } = settings
  const files =
    hours === undefined
      ? []
      : await makeObjects(keepObjects, (kind) => REPRESENTATIONS[KEPT_AS[kind]].render(answer))
  return { said: { id, headline: toldOf(answer).told.headline }, files, hours }
}

/** A bug does not take the objects beside it along: its text goes to the log. */
function logged(error: unknown, identity: Identity): Failed {
  if (!(error instanceof AppError))
    console.error(JSON.stringify({ level: 'error', event: 'store-object', error: String(error) }))
  return failed(error, identity)
}

function respond(
  c: Context<EdgeContext>,
  type: (typeof STORE_TYPES)[number],
  outcomes: readonly Outcome[],
): Response {
  const studies = new Set(outcomes.flatMap(({ keptIn }) => keptIn ?? []))
  const [study] = studies
  const { status, body } = storeResponse(
    outcomes,
    studies.size === 1 ? `${baseOf(c)}/studies/${study}` : undefined,
  )
  const waits = outcomes.flatMap(({ retryAfterS }) => retryAfterS ?? [])
  if (waits.length > 0) c.header('Retry-After', String(Math.max(...waits)))
  c.header('Vary', 'Accept, Accept-Language')
  const text = type === 'application/dicom+xml' ? nativeXml(body) : JSON.stringify(body)
  // Nothing of it was stored, and all of it may be in a moment.
  const later = status === 409 && waits.length === outcomes.length
  return c.body(text, later ? 503 : status, { 'content-type': type })
}
