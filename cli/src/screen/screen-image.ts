import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { MessagePort } from 'node:worker_threads'
import { codecs } from '@detl/codecs/modules'
import type { Screened } from '@detl/core/answers/answer'
import { DEFAULT_SETTINGS } from '@detl/core/api/default-settings'
import { AppError } from '@detl/core/api/problem'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { takeIn } from '@detl/core/intake/intake'
import type { Language } from '@detl/core/model/classes'
import type { Manifest } from '@detl/core/model/manifest'
import { readScores } from '@detl/core/model/outputs'
import type { Scored } from './scorer.ts'

/**
 * One image of the command line, as an account with default settings has it screened.
 * @param selective decide only what the model is sure of
 * @param model end of a channel whose other end a `Scorer` serves
 * @param taken called when the bytes are read no more, unless something is drawn
 * @throws AppError as `takeIn` says; the scorer's own code, or internal, if the model could not be run
 */
export async function screenImage(
  bytes: Uint8Array,
  {
    manifest,
    language,
    selective,
  }: { readonly manifest: Manifest; readonly language: Language; readonly selective?: boolean },
  model: MessagePort,
  taken?: () => void,
): Promise<Screened> {
  const gate = { mode: 'refuse', spec: manifest.gate } as const
  const intake = await takeIn(bytes, manifest.preprocess, gate, { limits: DEFAULT_LIMITS, codecs })
  const answer = once(model, 'message') as Promise<[Scored]>
  model.postMessage(intake.preprocessed.tensor)
  taken?.()
  const [scored] = await answer
  if ('error' in scored)
    throw new AppError(scored.code ?? 'internal', `the model could not be run: ${scored.error}`)
  return {
    id: randomUUID(),
    at: Date.now(),
    manifest,
    bytes,
    intake,
    scores: readScores(manifest, scored),
    settings: { ...DEFAULT_SETTINGS, ...(selective && { selective }) },
    language,
    references: {},
  }
}
