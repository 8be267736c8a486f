import type { ExaminationTags } from './dicom/examination-tags.ts'
import type { FileRemark } from './file-remark.ts'

/** What is read; told by the bytes (`sniff.ts`). */
export type ImageFormat = 'png' | 'jpeg' | 'dicom'

/** What the file said of itself, beside its pixels. */
export type ImageSource = {
  readonly format: ImageFormat
  /** As stored in the file, before any rotation. */
  readonly width: number
  readonly height: number
  /** Bits a sample. */
  readonly bits: number
  readonly colour: 'grey' | 'rgb' | 'palette' | 'ycbcr' | 'cmyk'
  readonly alpha: boolean
  /** Mean of max(R,G,B) − min(R,G,B) as a share of the range: 0 for grey, also where grey is stored as RGB. */
  readonly chroma: number
  /** What was odd about the file; nothing if absent. */
  readonly remarks?: readonly FileRemark[]
  /** DICOM only: what the object says of the examination and of its encoding. */
  readonly dicom?: ExaminationTags & {
    readonly transferSyntax: string
    readonly photometric: string
    readonly frames: number
  }
}
