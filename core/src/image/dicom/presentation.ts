import { DEFAULT_LIMITS } from '../limits.ts'
import { readPixelHeader } from './header.ts'
import { parseDicom } from './parse.ts'
import { type PixelHeader, storedRange } from './pixel-header.ts'
import { type GreyPipeline, readPipeline } from './voi.ts'

/** How a grey DICOM image asks to be shown: what decoding applies to its stored values, and the shape of its pixels. */
export type Presentation = {
  readonly header: PixelHeader
  readonly pipeline: GreyPipeline
  /** The unit of the modality transformation's output; US where the object does not say. */
  readonly unit: string
  /** Height and width of a pixel in mm, at the detector where the object does not know the patient's. */
  readonly spacing: readonly [row: number, column: number] | undefined
}

/** @throws AppError image-unsupported where its pixels are no grey ones */
export async function readPresentation(bytes: Uint8Array): Promise<Presentation> {
  const { dataSet } = await parseDicom(bytes, DEFAULT_LIMITS)
  const header = readPixelHeader(dataSet, DEFAULT_LIMITS)
  const pair = (tag: string) => {
    const [row, column] = [dataSet.floatString(tag, 0) ?? 0, dataSet.floatString(tag, 1) ?? 0]
    return row > 0 && column > 0 && row < 1e3 && column < 1e3 ? ([row, column] as const) : undefined
  }
  const table = dataSet.elements.x00283000?.items?.[0]?.dataSet
  const unit = (table?.string('x00283004') ?? dataSet.string('x00281054') ?? '').trim()
  return {
    header,
    pipeline: readPipeline(dataSet, storedRange(header)),
    unit: /^[A-Z0-9_]{1,16}$/.test(unit) ? unit : 'US',
    spacing: pair('x00280030') ?? pair('x00181164'),
  }
}
