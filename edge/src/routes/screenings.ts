import type { Answer } from '@detl/core/answers/answer'
import { AppError } from '@detl/core/api/problem'
import { readScores } from '@detl/core/api/screening'
import { DEFAULT_GATE } from '@detl/core/gate/chest-model'
import { type Intake, takeIn } from '@detl/core/intake/intake'
import { createRoute, z } from '@hono/zod-openapi'
import type { Context, Handler } from 'hono'
import { endTime, startTime } from 'hono/timing'
import { answer } from '../answers/answer.ts'
import { isPlainJson, negotiate, type Wanted } from '../answers/negotiate.ts'
import type { Deps, EdgeContext } from '../app.ts'
import { readImage } from '../body.ts'
import { type Deadline, deadlineIn } from '../deadline.ts'
import { submitJob } from '../jobs.ts'
import type { Job, JobState } from '../ledger/jobs.ts'
import type { Opened } from '../ledger/ledger.ts'
import { metered } from '../metering.ts'
import { admitted } from '../middleware/auth.ts'
import { BY_KEY, problems, WITH_KEY } from './documented.ts'
import { Screening } from './schemas.ts'

/** Structured Fields string or bare token (draft-ietf-httpapi-idempotency-key-header-07, section 2.1); printable, so that it can be stored and compared. */
const IDEMPOTENCY_KEY = /^"?([!#-~]{1,255}?)"?$/

const binary = { schema: z.string().openapi({ format: 'binary' }) }

export const screenRoute = createRoute({
  method: 'post',
  path: '/v1/screenings',
  operationId: 'createScreening',
  summary: 'Screen a chest X-ray',
  description:
    'The body is the image, or a form with the file part `image`. Nothing of it is kept. Charged once, when it is answered.',
  tags: ['screening'],
  security: BY_KEY,
  request: {
    headers: z.object({
      'idempotency-key': z.string().regex(IDEMPOTENCY_KEY).optional().openapi({
        description: 'For 24 h a repeat with the same key and image gets the same answer and is not charged.',
      }),
      prefer: z.string().optional().openapi({
        description:
          '`respond-async`: answer 202 at once; fetch the answer from `Location`, or have a webhook tell when it is there. For JSON alone: other representations need the image, which is not kept, and are answered at once.',
      }),
      'fhir-subject': z.string().optional().openapi({
        description: 'FHIR reference of the patient, passed through into FHIR answers',
      }),
      'fhir-imaging-study': z.string().optional().openapi({
        description: 'FHIR reference of the imaging study, passed through into FHIR answers',
      }),
    }),
    body: {
      required: true,
      content: {
        'image/png': binary,
        'image/jpeg': binary,
        'application/dicom': binary,
        'multipart/form-data': { schema: z.object({ image: z.string().openapi({ format: 'binary' }) }) },
      },
    },
  },
  responses: {
    200: {
      description: 'Scores and heat maps, in the representation that `Accept` asks for',
      content: {
        'application/json': { schema: Screening },
        'application/fhir+json': {
          schema: z.object({ resourceType: z.literal('DiagnosticReport') }).loose(),
        },
        'application/dicom': binary,
        'image/png': binary,
        'multipart/related': binary,
      },
    },
    202: {
      description: 'Accepted with `Prefer: respond-async`; the answer will be at `Location`',
      headers: z.object({ location: z.string() }),
      content: {
        'application/json': {
          schema: z.object({
            id: z.string(),
            status: z.enum(['queued', 'succeeded', 'failed', 'cancelled']),
          }),
        },
      },
    },
    ...problems(
      ...WITH_KEY,
      'request-invalid',
      'image-missing',
      'credits-exhausted',
      'not-acceptable',
      'idempotency-in-flight',
      'idempotency-stale',
      'conflict',
      'upload-timeout',
      'image-too-large',
      'body-too-large',
      'image-unsupported',
      'image-undecodable',
      'image-unsuitable',
      'idempotency-mismatch',
      'quota-exhausted',
      'concurrency-limited',
      'upstream-invalid',
      'upstream-unavailable',
      'upstream-timeout',
      'overloaded',
    ),
  },
})

/** POST /v1/screenings: reserve, read, take in (decode, gate, preprocess), infer, render, charge. */
export const screen =
  (deps: Deps): Handler<EdgeContext> =>
  async (c) => {
    const wanted = negotiate(c.req.header('accept'))
    const references = readReferences(c)
    const idempotencyKey = readIdempotencyKey(c.req.header('idempotency-key'))
    // A job keeps no image: all that can be made of it later is JSON. Who wants something else gets it at once, as RFC 7240 allows.
    const later = /(^|[,;\s])respond-async\b/i.test(c.req.header('prefer') ?? '') && isPlainJson(wanted)
    const { accounts, leaseMs } = deps
    const [id, account, credential] = [c.get('requestId'), c.get('account'), c.get('credential')]
    const opened = admitted(
      c,
      await timed(c, 'ledger', () => accounts(account).open({ credential, id, idempotencyKey, leaseMs })),
    )
    const deadline = deadlineIn(deps.deadlineMs)
    const request: ScreeningRequest = {
      c,
      deps,
      id,
      account,
      idempotencyKey,
      opened,
      wanted,
      references,
      deadline,
    }
    const { kept, job, principal, plan } = opened
    let leave: () => void
    try {
      leave = deps.shedder.enter({ mode: principal.mode, plan })
    } catch (error) {
      if (!kept && !job) await release(request, error)
      throw error
    }
    try {
      if (job) return await sameJob(request, job)
      return later && !kept ? await answerLater(request) : await answerNow(request)
    } finally {
      leave()
    }
  }

type ScreeningRequest = {
  readonly c: Context<EdgeContext>
  readonly deps: Deps
  readonly id: string
  readonly account: string
  readonly idempotencyKey: string | undefined
  readonly opened: Extract<Opened, { ok: true }>
  readonly wanted: Wanted
  readonly references: Answer['references']
  readonly deadline: Deadline
}

function answerNow(request: ScreeningRequest) {
  const { c, deps, id, account, idempotencyKey, opened, wanted, references, deadline } = request
  const { manifest, infer } = deps
  const { settings, kept } = opened
  let taken: Promise<Intake> | undefined
  const look = (bytes: Uint8Array) => {
    taken ??= intakeOf(request, bytes)
    return taken
  }
  return metered(
    deps,
    { account, id, idempotencyKey, by: opened.principal, kept },
    () => bodyOf(request),
    async (bytes) => {
      const { preprocessed } = await look(bytes)
      const call = {
        requestId: id,
        traceparent: c.req.header('traceparent'),
        signal: c.req.raw.signal,
        fallback: settings.fallback,
      }
      return timed(c, 'infer', () => deadline.within(infer(preprocessed.tensor, call), tooLate(deadline)))
    },
    async (bytes, { id: screening, at, inference, replayed }) => {
      const scores = readScores(manifest, inference.probabilities, inference.cam)
      if (replayed) c.header('Idempotency-Replayed', 'true')
      const { servedBy } = inference
      const intake = await look(bytes)
      const result = { id: screening, at, bytes, references, manifest, intake, scores, servedBy, settings }
      return answer(c, wanted, result)
    },
  )
}

/** `Prefer: respond-async`: what is wrong with the image is said at once; the rest waits for the queue. */
async function answerLater(request: ScreeningRequest): Promise<Response> {
  const { c, deps, id, account, opened } = request
  try {
    const bytes = await bodyOf(request)
    const intake = await intakeOf(request, bytes)
    const fingerprint = await fingerprintOf(request, bytes)
    await submitJob(deps, { account, id, fingerprint, intake, settings: opened.settings })
  } catch (error) {
    await release(request, error)
    throw error
  }
  return accepted(c, id, 'queued')
}

/** A repeat of a request that became a job: the same image gets the same job. */
async function sameJob(request: ScreeningRequest, job: Job): Promise<Response> {
  const bytes = await bodyOf(request)
  if ((await fingerprintOf(request, bytes)) !== job.fingerprint)
    throw new AppError('idempotency-mismatch', 'use a new Idempotency-Key for another image')
  return accepted(request.c, job.id, job.state)
}

const bodyOf = ({ c, deps, deadline }: ScreeningRequest) => readImage(c.req.raw, deps.maxBodyBytes, deadline)

const tooLate =
  ({ seconds }: Deadline) =>
  () =>
    new AppError('upstream-timeout', `the screening took longer than ${seconds} s`)

function intakeOf({ c, deps, deadline }: ScreeningRequest, bytes: Uint8Array) {
  const { manifest, limits, codecs } = deps
  const { preprocess, gate = DEFAULT_GATE } = manifest
  const work = () => takeIn(bytes, preprocess, gate, { limits, codecs })
  return timed(c, 'intake', () => deadline.within(work(), tooLate(deadline)))
}

const fingerprintOf = async ({ deps, account, idempotencyKey }: ScreeningRequest, bytes: Uint8Array) =>
  (await deps.sealer.fingerprint(bytes, `${account}:${idempotencyKey}`)).text

const release = ({ deps, account, id }: ScreeningRequest, error: unknown) =>
  deps
    .accounts(account)
    .settle(id, { answered: false, code: error instanceof AppError ? error.code : 'internal' })

/** 202 with the address where the answer will be (RFC 7240, section 4.1). */
function accepted(c: Context<EdgeContext>, id: string, status: JobState): Response {
  c.header('Location', `/v1/screenings/${id}`)
  c.header('Preference-Applied', 'respond-async')
  return c.json({ id, status }, 202)
}

/** The work's time as an entry of Server-Timing. */
async function timed<T>(c: Context<EdgeContext>, name: string, work: () => Promise<T>): Promise<T> {
  startTime(c, name)
  try {
    return await work()
  } finally {
    endTime(c, name)
  }
}

/** A literal FHIR reference: relative with its type, or an absolute URL (FHIR R4, section 2.3.0). */
const FHIR_REFERENCE = /^(https?:\/\/[^\s"<>\\]{1,400}\/)?[A-Z][A-Za-z]{1,40}\/[A-Za-z0-9.-]{1,64}$/

function readReferences(c: Context<EdgeContext>): Answer['references'] {
  const read = (name: string) => {
    const value = c.req.header(name)
    if (value !== undefined && !FHIR_REFERENCE.test(value))
      throw new AppError('request-invalid', `${name} is no FHIR reference such as Patient/123`)
    return value
  }
  return { subject: read('fhir-subject'), imagingStudy: read('fhir-imaging-study') }
}

function readIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined
  const key = IDEMPOTENCY_KEY.exec(header)?.[1]
  if (key === undefined)
    throw new AppError('request-invalid', 'Idempotency-Key is 1 to 255 printable characters')
  return key
}
