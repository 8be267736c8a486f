import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { basename, join } from 'node:path'
import { codecs } from '@detl/codecs/modules'
import { AppError, type ProblemCode } from '@detl/core/api/problem'
import { qualityWarnings } from '@detl/core/api/quality'
import { mapMaximum, readScores, type Scores } from '@detl/core/api/screening'
import { renderOverlay } from '@detl/core/cam/overlay'
import { DEFAULT_GATE } from '@detl/core/gate/chest-model'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { encodePng } from '@detl/core/image/png-encode'
import { type Intake, takeIn } from '@detl/core/intake/intake'
import type { Label } from '@detl/core/model/labels'
import { type Manifest, manifestSchema } from '@detl/core/model/manifest'
import { float32Values } from '@detl/core/wire/tensor'
import { openSession } from '@detl/gpu-function/session'

/** One line of `detl screen --json`. */
export type ScreenLine =
  | {
      file: string
      model: { name: string; version: string }
      probabilities: Readonly<Record<Label, number>>
      label: Label
      /** The map of the label, raw scale, rounded to 6 significant digits. */
      cam: { class: Label; max: number; shape: [number, number]; data: number[] }
      quality: { warnings: { code: string; detail: string }[] }
      /** Path of the overlay that was written. */
      overlay?: string
    }
  | { file: string; error: { code: ProblemCode; detail: string } }

export type ScreenOptions = {
  readonly modelDir: string
  readonly overlayDir: string | undefined
  readonly print: (line: ScreenLine) => void
}

const OVERLAY = { maxSide: 1024, opacity: 0.6 }

/**
 * Scores files one by one, in this process; each gets a line, also one that cannot be scored.
 * @returns how many could not be scored
 * @throws Error when the model cannot be used or an overlay cannot be written
 */
export async function screenFiles(files: readonly string[], options: ScreenOptions): Promise<number> {
  const { modelDir, overlayDir, print } = options
  const scorer = await openScorer(modelDir)
  let failures = 0
  try {
    if (overlayDir) await mkdir(overlayDir, { recursive: true })
    for (const file of files) {
      try {
        const screened = await scorer.score(await readFile(file).catch(unreadable(file)))
        const line = toLine(file, scorer.manifest, screened)
        if (overlayDir) line.overlay = await writeOverlay(file, overlayDir, scorer.manifest, screened)
        print(line)
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        failures++
        print({ file, error: { code: error.code, detail: error.detail } })
      }
    }
  } finally {
    await scorer.close()
  }
  return failures
}

type Screened = { intake: Intake; scores: Scores }

async function openScorer(modelDir: string) {
  const manifest = manifestSchema.parse(JSON.parse(await readFile(join(modelDir, 'manifest.json'), 'utf8')))
  const model = await readFile(join(modelDir, 'model.onnx'))
  const session = await openSession(new Uint8Array(model).buffer, {
    providers: ['cpu'],
    threads: availableParallelism(),
    maxRows: 1,
  })
  return {
    manifest,
    close: () => session.close(),
    score: async (bytes: Uint8Array): Promise<Screened> => {
      const gate = manifest.gate ?? DEFAULT_GATE
      const intake = await takeIn(bytes, manifest.preprocess, gate, { limits: DEFAULT_LIMITS, codecs })
      const outputs = ['probabilities', 'cam']
      const result = await session.run({ inputs: [intake.preprocessed.tensor], rows: 1, outputs })
      const values = (name: string) => float32Values(result.outputs.find((output) => output.name === name)!)
      return { intake, scores: readScores(manifest, values('probabilities'), values('cam')) }
    },
  }
}

function toLine(file: string, manifest: Manifest, { intake, scores }: Screened) {
  const map = scores.maps[scores.label]
  return {
    file,
    model: { name: manifest.name, version: manifest.version },
    probabilities: scores.probabilities,
    label: scores.label,
    cam: {
      class: scores.label,
      max: mapMaximum(map),
      shape: [map.height, map.width] as [number, number],
      data: Array.from(map.data, (value) => Number(value.toPrecision(6))),
    },
    quality: qualityWarnings(intake.quality),
  } as Extract<ScreenLine, { label: Label }>
}

async function writeOverlay(
  file: string,
  dir: string,
  manifest: Manifest,
  screened: Screened,
): Promise<string> {
  const { intake, scores } = screened
  const fullHeat = Math.max(...Object.values(scores.maps).map(mapMaximum))
  const { image, seen } = await intake.view(OVERLAY.maxSide)
  const overlay = renderOverlay(image, seen, scores.maps[scores.label], manifest.cam, {
    ...OVERLAY,
    fullHeat,
  })
  const path = join(dir, `${basename(file)}.png`)
  await writeFile(path, await encodePng({ ...overlay, channels: 3 }))
  return path
}

const unreadable = (file: string) => (cause: NodeJS.ErrnoException) => {
  throw new AppError('image-missing', `${file} cannot be read: ${cause.code ?? cause.message}`, { cause })
}
