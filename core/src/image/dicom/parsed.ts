import type { DataSet } from 'dicom-parser'
import type { FileRemark } from '../file-remark.ts'
import type { Layout } from './syntax.ts'

/** A DICOM object, taken apart up to its pixel data. */
export type ParsedDicom = {
  /** Up to the pixel data, whose element is there without having been looked into. */
  readonly dataSet: DataSet
  /** As the file names it, else as its data set is written. */
  readonly transferSyntax: string
  /** How the data set is written, by its bytes. */
  readonly layout: Layout
  /** Of the file as it was given. */
  readonly fileBytes: number
  /** A large deflated object: `dataSet` ends where its pixel data begin, and this stream holds them. */
  readonly deflated?: Deflated
  readonly remarks: readonly FileRemark[]
}

export type Deflated = { readonly bytes: Uint8Array; readonly format: 'deflate' | 'deflate-raw' }
