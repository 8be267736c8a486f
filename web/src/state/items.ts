import { computed, signal } from '@preact/signals'
import type { Problem, Result } from '../engine/types.ts'

/** An image of the work list, and what became of it. */
export type Item = {
  readonly id: string
  readonly name: string
  readonly file: Blob
  readonly synthetic: boolean
  readonly status: 'waiting' | 'reading' | 'needs-key' | 'scoring' | 'done' | 'failed'
  /** An object URL. */
  readonly thumbnail?: string
  readonly result?: Result
  /** From the file to the scores. */
  readonly ms?: number
  /** When they were there. */
  readonly at?: Date
  readonly problem?: Problem
}

/** The images of this visit, oldest first; `work-list.ts` changes them. */
export const items = signal<readonly Item[]>([])
export const selectedId = signal<string | undefined>(undefined)
export const selected = computed(() => items.value.find(({ id }) => id === selectedId.value))
export const finished = computed(() => items.value.filter(isFinished).length)
export const announcement = signal<Item | undefined>(undefined)

export const isFinished = ({ status }: Item) => status === 'done' || status === 'failed'
