import { AppError } from '../../api/problem.ts'
import type { Header } from '../dicom/source-header.ts'

/** When a film was taken, as far as its header says. */
export type Moment = {
  /** YYYY-MM-DD */
  readonly taken: string | undefined
  /** HHMMSS.FFFFFF of that day, on the clock of the place. */
  readonly time: string | undefined
}

/** How films came into their order: by what their headers say, or as they were given. */
export type Order = {
  /** Indices into the films. */
  readonly sequence: readonly number[]
  readonly by: 'study-date' | 'given'
  /** Films of one day that do not state times of day that differ: those stand as they were given. */
  readonly tied: boolean
}

export const momentOf = (header: Pick<Header, 'taken' | 'takenTime'> | undefined): Moment => ({
  taken: header?.taken?.slice(0, 10),
  time: header?.takenTime?.padEnd(6, '0'), // "10" is ten o'clock
})

/**
 * Films in the order of time: by day and time of day where every one states its day, else as they are given.
 * @throws AppError request-invalid where films are given in another order than the days that some of them state: the comparison would say better for worse
 */
export function orderOf(moments: readonly Moment[]): Order {
  const positions = [...moments.keys()]
  const between = (a: number, b: number) => compared(moments[a]!, moments[b]!)
  if (moments.every(({ taken }) => taken !== undefined)) {
    const sequence = positions.toSorted((a, b) => between(a, b) || a - b)
    return {
      sequence,
      by: 'study-date',
      tied: sequence.slice(1).some((b, i) => between(sequence[i]!, b) === 0),
    }
  }
  const dated = positions.filter((i) => moments[i]!.taken !== undefined)
  const wrong = dated.slice(1).findIndex((b, i) => between(dated[i]!, b) > 0)
  if (wrong >= 0)
    throw new AppError(
      'request-invalid',
      `not every film states its date, so films are compared in the order in which they are given; film ${dated[wrong]! + 1} is of a later time than film ${dated[wrong + 1]! + 1}: put them in the order of time`,
    )
  return { sequence: positions, by: 'given', tied: false }
}

/** Days, and times of day where both are known. */
function compared(a: Moment, b: Moment): number {
  if (a.taken !== b.taken) return a.taken! < b.taken! ? -1 : 1
  if (a.time === undefined || b.time === undefined || a.time === b.time) return 0
  return a.time < b.time ? -1 : 1
}
