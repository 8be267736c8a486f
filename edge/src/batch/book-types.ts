import type { BatchState } from '@detl/core/api/batch'
import type { ProblemCode } from '@detl/core/api/problem'
import type { Language } from '@detl/core/model/classes'
import type { Credential } from '../ledger/ledger.ts'

/** What a batch is, from its creation on. */
export type Head = {
  readonly id: string
  readonly account: string
  /** The request that brings its manifest, by a name of its own. */
  readonly loader: string
  readonly name: string
  /** By which its items are authorised and charged: who revokes the key pauses the batch. */
  readonly credential: Credential
  readonly language: Language
  /** Results are kept as FHIR too. */
  readonly fhir: boolean
  /** `Authorization` for DICOMweb servers, sealed. */
  readonly sourceAuthorization?: Uint8Array | undefined
}

/** Items of a manifest, in order, sealed: their addresses may name patients. */
export type NewChunk = {
  readonly n: number
  readonly first: number
  readonly size: number
  readonly sealed: Uint8Array
}

/** An item that is to be screened: its place in the manifest, from 1, and how often it was tried. */
export type Left = { readonly item: number; readonly attempts: number }

export type Why = { readonly code: ProblemCode; readonly detail: string }

/** A chunk in the hands of a worker. */
export type Take = {
  readonly head: Head
  readonly chunk: number
  /** Of this take: what comes under an older one is not taken any more. */
  readonly token: string
  readonly sealed: Uint8Array
  /** Place of the first item of `sealed`. */
  readonly first: number
  readonly left: readonly Left[]
  /** The worker is to have finished by then, ms since the epoch. */
  readonly until: number
}

/** What came of a take. */
export type Finished = {
  readonly chunk: number
  readonly token: string
  /** Results that are stored, charged, and their number. */
  readonly part?: { readonly key: string; readonly items: number } | undefined
  readonly failed: readonly ({ readonly item: number } & Why)[]
  /** Not answered, for a reason that passes. */
  readonly again: readonly ({ readonly item: number } & Why)[]
  /** Not begun. */
  readonly unbegun: readonly number[]
  /** Why nothing more of this batch can be done by itself: no credits, no key. */
  readonly stop?: Why | undefined
  /** The worker would take another chunk. */
  readonly more: boolean
}

/** `stale`: another worker has the chunk by now. */
export type AfterFinish =
  | { readonly stale: true }
  | { readonly stale: false; readonly next?: Take | undefined }

/** A set of results in the object store. */
export type Part = { readonly n: number; readonly key: string }

export type Failure = { readonly item: number; readonly chunk: number; readonly attempts: number } & Why

export type Standing = {
  readonly head: Head
  readonly state: BatchState
  readonly createdAt: number
  readonly endedAt: number | null
  readonly expiresAt: number | null
  readonly total: number
  readonly succeeded: number
  readonly failed: number
  readonly cancelled: number
  readonly why: Why | undefined
  /** Of the last finished chunks. */
  readonly perMs: number | null
}

/** What is to be done beside the database, when something was changed or is due. */
export type Due = {
  /** Chunks that a worker is to be called for. */
  readonly send: readonly number[]
  /** An event that receivers have not been told of; `id` is its own. */
  readonly tell: { readonly type: 'batch.ended' | 'batch.paused'; readonly id: string } | undefined
  readonly expired: boolean
}

/** What a batch's object can do; every method is one transaction. */
export type Book = {
  /**
   * Begins it, or begins anew where the first manifest never came whole.
   * @returns `there` where it is already, `loading` while another request brings its manifest
   */
  create(head: Head): 'made' | 'there' | 'loading'
  /** @returns false where another request has begun it anew: then nothing was done */
  add(loader: string, chunks: readonly NewChunk[]): boolean
  /** The manifest is whole. @returns as `add` does */
  start(loader: string, paused: boolean): boolean

  /** A chunk for a worker; undefined where there is nothing of it to be done now. */
  take(chunk: number): Take | undefined
  /** What came of a take is written down, all of it or nothing. */
  finish(done: Finished): AfterFinish

  // Of its owner; false, or undefined, where it has ended, or is not there.
  /** What was begun is finished. */
  pause(): boolean
  resume(): boolean
  /** Nothing more is begun. */
  cancel(): boolean
  /** Failed items wait again. @returns how many */
  rerun(): number | undefined

  standing(): Standing | undefined
  /** In order of their place. */
  failures(after: number, limit: number): Failure[]
  /** Of a chunk: the place of its first item, and its items, sealed. */
  manifestOf(chunk: number): { first: number; sealed: Uint8Array } | undefined
  parts(after: number, limit: number): Part[]

  /** What is to be done now; chunks that are named count as sent. @param workers that it may have */
  due(workers: number): Due
  /** Its receivers were told. */
  told(): void
  /** When there is next something to be done, ms since the epoch. */
  nextDue(): number | undefined
}
