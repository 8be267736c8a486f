import type { Answer } from '@detl/core/answers/answer'
import { AppError } from '@detl/core/api/problem'
import type { Language } from '@detl/core/model/classes'
import type { Deadline } from '../deadline.ts'
import type { Credential, Opened } from '../ledger/ledger.ts'
import { type AnswerNowDeps, screenArrival } from '../screening/answer-now.ts'
import { answerOf } from '../screening/answer-of.ts'
import { type ArrivalDeps, takeImage } from '../screening/arrived.ts'
import { type ReservationDeps, reserved } from '../screening/reservation.ts'
import type { Granted, Screened } from '../screening/screened.ts'
import type { Infer } from '../upstream.ts'

export type ScreenObjectDeps = ReservationDeps & AnswerNowDeps & ArrivalDeps & { readonly infer: Infer }

/** What the images of one request have in common. */
export type Round = {
  readonly credential: Credential
  readonly language: Language
  readonly deadline: Deadline
  readonly traceparent: string | undefined
  readonly signal: AbortSignal
  /** The ledger's yes, or its no thrown. */
  readonly grant: (opened: Opened) => Granted
  /** Work of this isolate's thread, when it is its turn. */
  readonly turn: <T>(work: () => Promise<T>) => Promise<T>
}

/**
 * Screens one image of several in a request, as POST /v1/screenings does one: reserved, taken in, scored, rendered, and then charged.
 * @param render all that is to be answered of it
 * @throws AppError as a screening does
 */
export function screenObject<R>(
  deps: ScreenObjectDeps,
  of: Screened,
  bytes: Uint8Array,
  round: Round,
  render: (answer: Answer) => Promise<R>,
): Promise<R> {
  const { manifest } = deps
  const { credential, language, deadline, traceparent, signal, grant, turn } = round
  const late = () => new AppError('upstream-timeout', `the request took longer than ${deadline.seconds} s`)
  return reserved(deps, of, credential, grant, (opened) => {
    const { settings, principal } = opened
    return screenArrival(deps, of, opened, {
      arrival: () =>
        deadline.within(
          turn(() => takeImage(deps, bytes)),
          late,
        ),
      infer: (tensor) => {
        const { mode } = principal
        const call = { requestId: of.id, mode, traceparent, signal, fallback: settings.fallback }
        return deadline.within(deps.infer(tensor, call), late)
      },
      render: (arrived, metered) => render(answerOf(manifest, arrived, metered, { settings, language })),
    })
  })
}
