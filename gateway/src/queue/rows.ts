import type { Manifest } from '@detl/core/model/manifest'

/** An image that was taken in. */
export type Item = {
  readonly id: number
  readonly sop_instance: string
  readonly sop_class: string
  readonly study: string
  readonly series: string
  readonly patient: string
  readonly revision: number
  readonly source: string
  readonly received_at: number
  readonly state: 'received' | 'screened' | 'refused' | 'done' | 'dead'
  readonly attempts: number
  readonly first_try: number | null
  readonly due_at: number
  readonly code: string | null
  readonly reason: string | null
  readonly model: string | null
  readonly answer: string | null
  readonly answered_at: number | null
}

/** What is to be told to one destination about one image. */
export type Delivery = {
  readonly id: number
  readonly item: number
  readonly destination: string
  readonly state: 'waiting' | 'done' | 'dead'
  readonly attempts: number
  readonly first_try: number | null
  readonly due_at: number
  readonly code: string | null
  readonly reason: string | null
  readonly done_at: number | null
}

/** Who an image is of and which it is; see `header.ts`. */
export type Identity = Pick<Item, 'sop_instance' | 'sop_class' | 'study' | 'series' | 'patient'>

/** What the service said of an image. */
export type Answered = {
  readonly json: string
  /** Of the model that said it: what its answers mean. */
  readonly manifest: Manifest
}

/** A row that waits for somebody to look at it. */
export type DeadLetter = {
  /** Names it to `resend`: `i1` an image that could not be screened, `d1` an answer that could not be delivered, `f1` one that an archive did not give. */
  readonly name: string
  readonly sop_instance: string
  readonly study: string
  /** Of an answer; of an image that was not given, the archive. */
  readonly destination: string | null
  readonly attempts: number
  readonly code: string
  readonly reason: string
}
