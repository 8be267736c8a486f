import type { DataSet } from './writer.ts'

/** An image in an archive. */
export type SourceImage = {
  readonly study: string
  readonly series: string
  readonly sopClass: string
  readonly sopInstance: string
  /** Which of several frames was screened, from 1; absent where it has one. */
  readonly frame?: number
}

/** SOP Instance Reference Macro (PS3.3, table 10-11). */
export const reference = ({ sopClass, sopInstance }: SourceImage): DataSet => ({
  '00081150': ['UI', sopClass],
  '00081155': ['UI', sopInstance],
})

/** Image SOP Instance Reference Macro (PS3.3, table 10-3): the frame, where there are several. */
export const imageReference = (source: SourceImage): DataSet => ({
  ...reference(source),
  ...(source.frame !== undefined && ({ '00081160': ['IS', String(source.frame)] } satisfies DataSet)),
})
