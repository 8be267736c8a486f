import { computed, signal } from '@preact/signals'
import type { Problem, Result } from '../engine/types.ts'

/** An image of the work list, and what became of it. */
export type Item = {
  readonly id: string
  readonly name: string
  /** Of a file that was found in one: its path, without the name. */
  readonly folder?: string
  /** When it came, in ms; of those that came together each a little later. */
  readonly added: number
  readonly file: Blob
  readonly synthetic: boolean
  readonly status: 'waiting' | 'reading' | 'needs-key' | 'scoring' | 'done' | 'failed'
  readonly thumbnail?: Blob
  readonly result?: Result
  /** From the file to the scores. */
  readonly ms?: number
  /** When they were there. */
  readonly at?: Date
  readonly problem?: Problem
}

/** The images of this visit and of the day's earlier ones, oldest first; `work-list.ts` changes them. */
export const items = signal<readonly Item[]>([])
export const selectedId = signal<string | undefined>(undefined)
export const selected = computed(() => items.value.find(({ id }) => id === selectedId.value))
export const finished = computed(() => items.value.filter(isFinished).length)
export const announcement = signal<Item | undefined>(undefined)

export const isFinished = ({ status }: Item) => status === 'done' || status === 'failed'
