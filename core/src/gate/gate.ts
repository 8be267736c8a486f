import { exp } from '../base/exp.ts'
import type { ImageSource } from '../image/image-source.ts'
import type { PreprocessSpec } from '../preprocess/spec.ts'
import type { WorkingImage } from '../preprocess/working-image.ts'
import { chestModel } from './chest-model.ts'
import { unlikeLogOdds } from './discriminant.ts'
import { objection } from './examination.ts'
import { type Exposure, exposure } from './exposure.ts'
import type { GateSpec } from './gate-spec.ts'
import { thumbnail, type Unlikeness } from './likeness.ts'
import { readOrientation } from './orientation.ts'
import type { Refusal, Remark, Verdict } from './verdict.ts'

/**
 * Judges whether an image can be scored, before anything is billed. It never throws: `takeIn` decides what becomes of a refusal.
 * @param working the image as it was decoded, reduced to `spec.workingSize`, before it is put upright
 */
export function judge(
  working: WorkingImage,
  source: ImageSource,
  spec: PreprocessSpec,
  gate: GateSpec,
): Verdict {
  const shortest = Math.min(source.width, source.height)
  const exposed = exposure(working, spec, source.bits)
  const { clipped, aspect, detail } = exposed
  const share = ({ within, outside }: Unlikeness) => Math.max(within / gate.within, outside / gate.outside)
  const readings = readOrientation(thumbnail(working, chestModel.side, spec), chestModel, share)
  const { best, advantage, distances, thumbs } = readings
  const sure = advantage >= gate.sure.advantage && share(distances[best]) <= gate.sure.within
  const corrected = best !== 'upright' && sure ? best : undefined
  const logOdds = unlikeLogOdds(thumbs[corrected ?? 'upright'], chestModel, exposed)
  const unlikeness = exp(Math.min(MOST_LOG_ODDS, logOdds - gate.mostUnlike))

  const remarks: Remark[] = [...(source.remarks ?? [])]
  if (shortest < gate.smallSide) remarks.push('small')
  if (source.chroma > gate.photographChroma) remarks.push('photograph')
  if (clipped.dark > gate.maxClipped) remarks.push('under-exposed')
  if (clipped.bright > gate.maxClipped) remarks.push('over-exposed')
  if (detail < gate.detail.soft) remarks.push('soft')
  if (aspect > gate.maxAspect) remarks.push('cut-off')
  if (corrected === undefined && best !== 'upright') {
    remarks.push(best === 'inverted' ? 'maybe-inverted' : 'maybe-rotated')
  }
  return {
    quality: { remarks, corrected, unlikeness, clipped },
    refusal: refusalOf(source, exposed, unlikeness, gate),
  }
}

/** Keeps `unlikeness` a finite number. */
const MOST_LOG_ODDS = 50

function refusalOf(
  source: ImageSource,
  { contrast, detail }: Exposure,
  unlikeness: number,
  gate: GateSpec,
): Refusal | undefined {
  const said = source.dicom && objection(source.dicom)
  if (said) return said
  const shortest = Math.min(source.width, source.height)
  if (shortest < gate.minSide)
    return { code: 'too-small', detail: `${shortest} pixels a side; accepted: ${gate.minSide}` }
  if (source.chroma > gate.maxChroma) return { code: 'colour', detail: 'the image is a colour picture' }
  if (contrast < gate.minContrast) return { code: 'blank', detail: 'the image has next to no contrast' }
  if (detail < gate.detail.min || detail > gate.detail.max)
    return { code: 'not-a-chest-x-ray', detail: 'the image has not the fine detail of an X-ray' }
  if (unlikeness > 1) return { code: 'not-a-chest-x-ray', detail: 'the image is unlike frontal chest X-rays' }
  return undefined
}
