import { AppError } from '../api/problem.ts'
import type { ImageSource } from '../image/image-source.ts'
import type { WorkingImage } from '../preprocess/reduce.ts'
import type { PreprocessSpec } from '../preprocess/spec.ts'
import { chestModel } from './chest-model.ts'
import { objection } from './examination.ts'
import { exposure } from './exposure.ts'
import type { GateSpec } from './gate-spec.ts'
import { thumbnail, type Unlikeness } from './likeness.ts'
import { type Reading, readOrientation } from './orientation.ts'

/** Why an image is refused. Codes are API; they open the detail of 'image-unsuitable'. */
export type Refusal =
  | 'wrong-modality'
  | 'wrong-body-part'
  | 'lateral'
  | 'too-small'
  | 'blank'
  | 'colour'
  | 'not-a-chest-x-ray'

/** What is said of an image that is scored all the same. */
export type Remark =
  | 'small'
  | 'photograph'
  | 'under-exposed'
  | 'over-exposed'
  | 'cut-off'
  | 'maybe-inverted'
  | 'maybe-rotated'

export type Quality = {
  readonly remarks: readonly Remark[]
  /** What is to be undone before scoring: the image is inverted, or lies on its side or head. */
  readonly corrected: Exclude<Reading, 'upright'> | undefined
  /** Distance from frontal chest X-rays as a share of the largest accepted one, 0–1. */
  readonly unlikeness: number
  /** Share of the central region at the darkest and at the brightest level. */
  readonly clipped: { readonly dark: number; readonly bright: number }
}

/**
 * Decides whether an image can be scored, before anything is billed.
 * @param working the image as it was decoded, reduced to `spec.workingSize`
 * @throws AppError 'image-unsuitable', its detail opened by a `Refusal` and a colon
 */
export function admit(
  working: WorkingImage,
  source: ImageSource,
  spec: PreprocessSpec,
  gate: GateSpec,
): Quality {
  const said = source.dicom && objection(source.dicom)
  if (said) throw refusal(said.code, said.detail)
  const shortest = Math.min(source.width, source.height)
  if (shortest < gate.minSide)
    throw refusal('too-small', `${shortest} pixels a side; accepted: ${gate.minSide}`)
  if (source.chroma > gate.maxChroma) throw refusal('colour', 'the image is a colour picture')

  const { contrast, clipped, aspect, detail } = exposure(working, spec)
  if (contrast < gate.minContrast) throw refusal('blank', 'the image has next to no contrast')
  if (detail < gate.detail.min || detail > gate.detail.max) {
    throw refusal('not-a-chest-x-ray', 'the image has not the fine detail of an X-ray')
  }

  const share = ({ within, outside }: Unlikeness) => Math.max(within / gate.within, outside / gate.outside)
  const readings = readOrientation(thumbnail(working, chestModel.side, spec), chestModel, share)
  const { best, advantage, distances } = readings
  const sure = advantage >= gate.sure.advantage && share(distances[best]) <= gate.sure.within
  const corrected = best !== 'upright' && sure ? best : undefined
  const unlike = share(distances[corrected ?? 'upright'])
  if (unlike > 1) throw refusal('not-a-chest-x-ray', 'the image is unlike frontal chest X-rays')

  const remarks: Remark[] = []
  if (shortest < gate.smallSide) remarks.push('small')
  if (source.chroma > gate.photographChroma) remarks.push('photograph')
  if (clipped.dark > gate.maxClipped) remarks.push('under-exposed')
  if (clipped.bright > gate.maxClipped) remarks.push('over-exposed')
  if (aspect > gate.maxAspect) remarks.push('cut-off')
  if (corrected === undefined && best !== 'upright') {
    remarks.push(best === 'inverted' ? 'maybe-inverted' : 'maybe-rotated')
  }
  return { remarks, corrected, unlikeness: unlike, clipped }
}

const refusal = (code: Refusal, detail: string) => new AppError('image-unsuitable', `${code}: ${detail}`)
