import type { Answer } from '@detl/core/answers/answer'
import type { Settings } from '@detl/core/api/account'
import type { Language } from '@detl/core/model/classes'
import type { Manifest } from '@detl/core/model/manifest'
import { readScores } from '@detl/core/model/outputs'
import type { Given } from '../seal.ts'
import type { Inference } from '../upstream.ts'
import type { ArrivedImage } from './arrived.ts'

type Scored = { readonly id: string; readonly inference: Inference }
/** Of the account and the caller. */
type Wishes = { readonly settings: Settings; readonly language: Language }

/** What is said of the model's run, whoever made the tensor. @throws AppError upstream-invalid as `readScores` says */
export function scoredBy(manifest: Manifest, { id, inference }: Scored, { settings, language }: Wishes) {
  const { servedBy, computedOn, ...outputs } = inference
  return { id, manifest, scores: readScores(manifest, outputs), servedBy, computedOn, settings, language }
}

/** What the answers to a screened image are made from. @throws AppError upstream-invalid as `readScores` says */
export const answerOf = (
  manifest: Manifest,
  { bytes, intake }: Pick<ArrivedImage, 'bytes' | 'intake'>,
  { id, at, inference }: Scored & Given,
  { references = {}, ...wishes }: Wishes & { readonly references?: Answer['references'] },
): Answer => ({ ...scoredBy(manifest, { id, inference }, wishes), at, bytes, intake, references })
