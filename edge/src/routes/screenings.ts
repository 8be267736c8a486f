import { frameOf, screeningOf } from '@detl/core/answers/json'
import type { Places, Visit as Stay } from '@detl/core/places/places'
import type { Context, Handler } from 'hono'
import { endTime, startTime } from 'hono/timing'
import { answer } from '../answers/answer.ts'
import { REPRESENTATIONS } from '../answers/representations.ts'
import type { ByteBudget, Claim } from '../byte-budget.ts'
import type { EdgeContext } from '../context.ts'
import { type Deadline, deadlineIn, tooLate } from '../deadline.ts'
import type { Job, JobState, Opened } from '../ledger/ledger.ts'
import { granted } from '../middleware/auth.ts'
import {
  type AnswerNowDeps,
  anotherImage,
  fingerprintOf,
  type Metered,
  screenArrival,
  tensorOf,
} from '../screening/answer-now.ts'
import { answerOf, scoredBy } from '../screening/answer-of.ts'
import { type ArrivalDeps, type Arrived, takeUpload } from '../screening/arrived.ts'
import { type SubmitDeps, submitJob } from '../screening/jobs.ts'
import { readScreeningRequest, type ScreeningRequest } from '../screening/request.ts'
import { type ReservationDeps, reserved } from '../screening/reservation.ts'
import type { Granted } from '../screening/screened.ts'
import { timed } from '../timed.ts'
import { readUpload, type UploadRules } from '../upload.ts'
import type { Infer } from '../upstream.ts'

export type ScreeningDeps = ReservationDeps &
  AnswerNowDeps &
  SubmitDeps &
  ArrivalDeps & {
    readonly uploads: UploadRules
    readonly bytes: ByteBudget
    readonly infer: Infer
    readonly places: Places
    /** How long a screening may take in all: upload, intake and inference. */
    readonly deadlineMs: number
  }

/** A request that the ledger lets go on, with all that its steps need. */
type Visit = {
  readonly c: Context<EdgeContext>
  readonly deps: ScreeningDeps
  readonly request: ScreeningRequest
  readonly opened: Granted
  readonly deadline: Deadline
  readonly stay: Stay
  readonly claim: Claim
}

/** POST /v1/screenings: find a place, reserve, read, take in (decode, gate, preprocess), infer, render, charge. */
export const screen =
  (deps: ScreeningDeps): Handler<EdgeContext> =>
  async (c) => {
    const request = readScreeningRequest(c)
    const deadline = deadlineIn(deps.deadlineMs)
    const stay = deps.places.enter({ account: request.account, mode: c.get('mode') })
    const claim = deps.bytes.claim(request.account)
    startTime(c, 'ledger')
    const grant = (opened: Opened) => {
      endTime(c, 'ledger')
      return granted<Granted>(c, opened)
    }
    try {
      return await reserved(deps, request, c.get('credential'), grant, (opened) => {
        stay.of(opened.plan)
        const visit = { c, deps, request, opened, deadline, stay, claim }
        if (opened.job) return sameJob(visit, opened.job)
        return request.later && !opened.kept ? later(visit) : now(visit)
      })
    } finally {
      stay.leave()
      claim.release()
    }
  }

const now = (visit: Visit): Promise<Response> =>
  screenArrival(visit.deps, visit.request, visit.opened, {
    arrival: () => arrival(visit),
    infer: (tensor) => inferenceOf(visit, tensor),
    render: (arrived, metered) => render(visit, arrived, metered),
  })

/** `Prefer: respond-async`: what is wrong with the image is said at once; the rest waits for the queue. */
async function later(visit: Visit): Promise<Response> {
  const { c, deps, request, opened } = visit
  const { intake, preprocessedBy } = await arrival(visit)
  const { tensor } = intake.preprocessed
  const { text: fingerprint } = await fingerprintOf(deps.sealer, request, tensor)
  const { settings, principal } = opened
  const { mode } = principal
  await submitJob(deps, { ...request, mode, fingerprint, intake, preprocessedBy, settings })
  return accepted(c, request.id, 'queued')
}

/** A repeat of a request that became a job: the same image gets the same job. */
async function sameJob(visit: Visit, job: Job): Promise<Response> {
  const tensor = tensorOf(await arrival(visit))
  const { text } = await fingerprintOf(visit.deps.sealer, visit.request, tensor)
  if (text !== job.fingerprint) throw anotherImage()
  return accepted(visit.c, job.id, job.state)
}

/** 202 with the address where the answer will be (RFC 7240, section 4.1). */
function accepted(c: Context<EdgeContext>, id: string, status: JobState): Response {
  c.header('Location', `/v1/screenings/${id}`)
  c.header('Preference-Applied', 'respond-async')
  return c.json({ id, status }, 202)
}

/** The upload, taken in. */
async function arrival({ c, deps, deadline, stay, claim }: Visit): Promise<Arrived> {
  const bytes = await readUpload(c.req.raw, deps.uploads, claim, deadline)
  stay.uploaded()
  const takingIn = () => timed(c, 'intake', () => takeUpload(deps, c.req.raw, bytes))
  return deadline.within(stay.turn(takingIn), tooLate(deadline))
}

const inferenceOf = ({ c, deps, request, opened, deadline }: Visit, tensor: Uint8Array) =>
  timed(c, 'infer', () => {
    const call = {
      requestId: request.id,
      mode: opened.principal.mode,
      traceparent: c.req.header('traceparent'),
      signal: c.req.raw.signal,
      fallback: opened.settings.fallback,
    }
    return deadline.within(deps.infer(tensor, call), tooLate(deadline))
  })

async function render(
  { c, deps, request, opened }: Visit,
  arrived: Arrived,
  metered: Metered,
): Promise<Response> {
  const { manifest } = deps
  if (metered.replayed) c.header('Idempotency-Replayed', 'true')
  const { references, wanted, language } = request
  const { settings } = opened
  if (arrived.preprocessedBy === 'client') {
    const frame = frameOf(arrived.intake, manifest, 'client')
    c.header('Vary', 'Accept, Accept-Language')
    c.header('Content-Language', language)
    return c.json(screeningOf(frame, scoredBy(manifest, metered, { settings, language })))
  }
  const wishes = { settings, language, references }
  return answer(c, REPRESENTATIONS, wanted, answerOf(manifest, arrived, metered, wishes))
}
