import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codecs } from '@detl/codecs/modules'
import { AppError } from '@detl/core/api/problem'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { takeIn } from '@detl/core/intake/intake'
import { type Manifest, parseManifest } from '@detl/core/model/manifest'
import { OUTPUTS } from '@detl/core/model/tensor-names'
import { float32Values } from '@detl/core/wire/tensor'
import { openSession } from '@detl/gpu-function/session'
import { readJson } from '@detl/train/data/text-file'

/** What a model says of one film. */
export type ScoredFilm = {
  /** UINT8 [1,1,S,S] */
  readonly tensor: Uint8Array
  /** [C], before temperature and softmax. */
  readonly logits: readonly number[]
  /** [C] */
  readonly probabilities: readonly number[]
  /** Undefined where the model does not measure it. */
  readonly oodScore: number | undefined
}

/** A model that scores films one by one, as it would in service. */
export type FilmScorer = {
  readonly manifest: Manifest
  /** Undefined where the gate refuses the film: it would be refused in service too. @throws AppError where the file is no image */
  readonly score: (bytes: Uint8Array) => Promise<ScoredFilm | undefined>
  readonly close: () => Promise<void>
}

/** @param model folder with manifest.json and model.onnx */
export async function openFilmScorer(model: string): Promise<FilmScorer> {
  const manifest = parseManifest(readJson(join(model, 'manifest.json')))
  const bytes = Uint8Array.from(await readFile(join(model, 'model.onnx')))
  const runtime = { providers: ['cpu'], software: true, threads: 1, maxRows: 1 } as const
  const session = await openSession(bytes.buffer, runtime)
  const { outOfDistribution, preprocess, gate } = manifest
  const names = [
    OUTPUTS.logits,
    OUTPUTS.probabilities,
    ...(outOfDistribution ? [OUTPUTS.oodScore] : []),
  ] as const
  const score = async (film: Uint8Array): Promise<ScoredFilm | undefined> => {
    const tensor = await tensorOf(film, { preprocess, gate })
    if (!tensor) return undefined
    const { outputs } = await session.run({ inputs: [tensor], rows: 1, outputs: [...names] })
    const values = (name: string) => [...float32Values(outputs.find((output) => output.name === name)!)]
    return {
      tensor,
      logits: values(OUTPUTS.logits),
      probabilities: values(OUTPUTS.probabilities),
      oodScore: outOfDistribution ? values(OUTPUTS.oodScore)[0] : undefined,
    }
  }
  return { manifest, score, close: () => session.close() }
}

async function tensorOf(
  bytes: Uint8Array,
  { preprocess, gate }: Pick<Manifest, 'preprocess' | 'gate'>,
): Promise<Uint8Array | undefined> {
  try {
    const options = { limits: DEFAULT_LIMITS, codecs }
    const taken = await takeIn(bytes, preprocess, { mode: 'refuse', spec: gate }, options)
    return taken.preprocessed.tensor
  } catch (error) {
    if (error instanceof AppError && error.code === 'image-unsuitable') return undefined
    throw error
  }
}
