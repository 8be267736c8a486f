import { compareAll, type FilmToCompare, keptFilm } from '@detl/core/answers/comparison/compared'
import { servedFilm } from '@detl/core/answers/comparison/json'
import { AppError } from '@detl/core/api/problem'
import type { Screening } from '@detl/core/api/screening'
import { namedUuid } from '@detl/core/base/named-uuid'
import type { Places, Visit as Stay } from '@detl/core/places/places'
import type { Context, Handler } from 'hono'
import { answer } from '../answers/answer.ts'
import { COMPARISON_REPRESENTATIONS } from '../answers/comparison-representations.ts'
import type { ByteBudget, Claim } from '../byte-budget.ts'
import type { EdgeContext } from '../context.ts'
import { type Deadline, deadlineIn, tooLate } from '../deadline.ts'
import type { Opened } from '../ledger/ledger.ts'
import { granted } from '../middleware/auth.ts'
import { type AnswerNowDeps, anotherImage, screenArrival } from '../screening/answer-now.ts'
import { answerOf } from '../screening/answer-of.ts'
import { type ArrivalDeps, type ArrivedImage, takeImage } from '../screening/arrived.ts'
import {
  type ComparisonRequest,
  idsOf,
  type Part,
  partsOf,
  readComparisonRequest,
} from '../screening/comparison-request.ts'
import { type ReservationDeps, reserved } from '../screening/reservation.ts'
import type { Granted, Screened } from '../screening/screened.ts'
import { timed } from '../timed.ts'
import { isForm, readForm, type UploadRules } from '../upload.ts'
import type { Infer } from '../upstream.ts'

export type ComparisonDeps = ReservationDeps &
  AnswerNowDeps &
  ArrivalDeps & {
    readonly uploads: UploadRules
    readonly bytes: ByteBudget
    readonly infer: Infer
    readonly places: Places
    readonly deadlineMs: number
  }

/** A request for a comparison, with all that its steps need. */
type Visit = {
  readonly c: Context<EdgeContext>
  readonly deps: ComparisonDeps
  readonly request: ComparisonRequest
  readonly deadline: Deadline
  readonly stay: Stay
  readonly claim: Claim
}

/**
 * POST /v1/comparisons: each image is a screening of its own, reserved before it is taken in and charged once all are answered, the way that
 * POST /v1/screenings takes; what is refused of one charges none. Kept answers were charged before.
 */
export const compare =
  (deps: ComparisonDeps): Handler<EdgeContext> =>
  async (c) => {
    const request = readComparisonRequest(c)
    const deadline = deadlineIn(deps.deadlineMs)
    const stay = deps.places.enter({ account: request.account, mode: c.get('mode') })
    const claim = deps.bytes.claim(request.account)
    const visit = { c, deps, request, deadline, stay, claim }
    try {
      return isForm(c.req.raw) ? await ofForm(visit) : await ofIds(visit)
    } finally {
      stay.leave()
      claim.release()
    }
  }

/** Answers that the account keeps; nothing is screened, nothing charged. */
async function ofIds(visit: Visit): Promise<Response> {
  const { c, deps, request } = visit
  granted(c, await deps.accounts(request.account).authorize(c.get('credential'), 'screenings:read'))
  const ids = idsOf(await c.req.json().catch(notJson), request)
  const films: FilmToCompare[] = []
  for (const id of ids) films.push(await keptOf(visit, id))
  return respond(visit, films, Date.now())
}

/** An image's place in the ledger, and what the ledger said. */
type Entry = { readonly of: Screened; readonly granted: Granted }
/** A part of the request, read. */
type Film = { readonly kept: FilmToCompare } | { readonly arrived: ArrivedImage }

/** The first image's reservation comes before the body is read: of who may not screen, nothing is read. */
const ofForm = (visit: Visit): Promise<Response> =>
  reserve(visit, 0, undefined, async (first) => {
    const { c, deps, stay, claim, deadline } = visit
    stay.of(first.granted.plan)
    const parts = partsOf(await readForm(c.req.raw, deps.uploads, claim, deadline))
    stay.uploaded()
    const films: Film[] = []
    for (const [i, part] of parts.entries())
      films.push(await read(visit, part, first.granted).catch(saying(`film ${i + 1}`)))
    return screenFrom(visit, films, first, [])
  })

/** Which of the films it was. */
const saying = (which: string) => (error: unknown) => {
  if (!(error instanceof AppError)) throw error
  const { code, detail, retryAfterS } = error
  throw new AppError(code, `${which}: ${detail}`, { cause: error, retryAfterS })
}

async function read(visit: Visit, part: Part, { principal }: Granted): Promise<Film> {
  const { c, deps, deadline, stay } = visit
  if ('screening' in part) {
    if (!principal.scopes.includes('screenings:read'))
      throw new AppError('scope-missing', 'the key lacks screenings:read, which kept answers need')
    return { kept: await keptOf(visit, part.screening) }
  }
  const bytes = new Uint8Array(await part.image.arrayBuffer())
  const takingIn = () => timed(c, 'intake', () => takeImage(deps, bytes))
  return { arrived: await deadline.within(stay.turn(takingIn), tooLate(deadline)) }
}

type Done = FilmToCompare & { readonly at?: number; readonly replayed?: boolean }

/**
 * Screens the films that are left, the next one within the one before: the answer is made of all before the first is charged, and what
 * is thrown gives all reservations back.
 */
async function screenFrom(
  visit: Visit,
  films: readonly Film[],
  reserved: Entry | undefined,
  done: readonly Done[],
): Promise<Response> {
  const film = films[done.length]
  if (!film) {
    if (done.every(({ replayed = true }) => replayed)) visit.c.header('Idempotency-Replayed', 'true')
    return respond(visit, done, Math.max(...done.flatMap(({ at }) => at ?? [])))
  }
  if ('kept' in film) return screenFrom(visit, films, reserved, [...done, film.kept])
  const place = done.filter(({ answer }) => answer).length
  const screenIt = (entry: Entry) =>
    screenOne(visit, entry, film.arrived, (screened) =>
      screenFrom(visit, films, undefined, [...done, screened]),
    )
  return reserved ? screenIt(reserved) : reserve(visit, place, holderOf(done), screenIt)
}

/** Of the screenings of this request that are reserved the first, which holds its place among those at once. */
const holderOf = (done: readonly Done[]) => done.find(({ replayed }) => replayed === false)?.id

/** @param place among the images of the request: each has an Idempotency-Key of its own, made of the request's */
function reserve(
  { c, deps, request }: Visit,
  place: number,
  within: string | undefined,
  work: (entry: Entry) => Promise<Response>,
): Promise<Response> {
  const { account, idempotencyKey } = request
  const of: Screened = {
    id: crypto.randomUUID(),
    account,
    // A space stands in no key that a caller can send: these are apart from those of POST /v1/screenings.
    idempotencyKey: idempotencyKey && `comparison ${place} ${idempotencyKey}`,
    within,
  }
  const grant = (opened: Opened) => granted<Granted>(c, opened)
  return reserved(deps, of, c.get('credential'), grant, (granted) => {
    if (granted.job) throw anotherImage()
    return work({ of, granted })
  })
}

/** One image, as POST /v1/screenings answers it, but for what becomes of the answer. */
const screenOne = (
  { c, deps, request, deadline }: Visit,
  { of, granted }: Entry,
  arrived: ArrivedImage,
  then: (film: Done) => Promise<Response>,
): Promise<Response> =>
  screenArrival(deps, of, granted, {
    arrival: async () => arrived,
    infer: (tensor) =>
      timed(c, 'infer', () => {
        const call = {
          requestId: of.id,
          mode: granted.principal.mode,
          traceparent: c.req.header('traceparent'),
          signal: c.req.raw.signal,
          fallback: granted.settings.fallback,
        }
        return deadline.within(deps.infer(tensor, call), tooLate(deadline))
      }),
    render: (image, metered) => {
      const { references, language } = request
      const wishes = { settings: granted.settings, language, references }
      const { at, replayed } = metered
      return then({ ...servedFilm(answerOf(deps.manifest, image, metered, wishes)), at, replayed })
    },
  })

async function keptOf({ c, deps, request: { account } }: Visit, id: string): Promise<FilmToCompare> {
  const job = await deps.accounts(account).job(id, c.get('mode'))
  if (job?.state !== 'succeeded' || !job.output)
    throw new AppError('not-found', 'there is no such screening, it has no answer, or that is kept no longer')
  const plain = await deps.sealer.openBytes(`answer:${account}:${id}`, job.output)
  return keptFilm(JSON.parse(new TextDecoder().decode(plain)) as Screening, deps.manifest)
}

async function respond({ c, deps, request }: Visit, films: readonly FilmToCompare[], at: number) {
  const { language, references, wanted, allowDifferentPatients } = request
  // Made of the screenings: a repeat that gets the same ones is the same comparison.
  const digits = await namedUuid(`comparison:${films.map(({ id }) => id).join()}`)
  const id = digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  const about = { id, at, manifest: deps.manifest, language, references }
  const compared = await compareAll(films, about, allowDifferentPatients)
  return answer(c, COMPARISON_REPRESENTATIONS, wanted, compared)
}

const notJson = (cause: unknown) => {
  throw new AppError('request-invalid', 'send films as multipart/form-data, or ids of screenings as JSON', {
    cause,
  })
}
