import { AppError } from '../../api/problem.ts'

/** Text of a file that goes into a message: a few plain characters only. */
export const printable = (text: string): string => text.replace(/[^A-Za-z0-9. _-]/g, '').slice(0, 40)

export const damaged = (what: string) =>
  new AppError('image-undecodable', `the DICOM object is damaged: ${what}`)
