import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '@detl/core/api/problem'
import { type Prediction, predictionSchema } from '@detl/core/drift/prediction'
import { reasonOf } from '../io-errors.ts'
import { linesOf } from '../lines-of.ts'

export type LogRange = {
  /** First and last day, for example 2026-11-01; both belong to the range. */
  readonly since?: string | undefined
  readonly until?: string | undefined
}

export type PredictionLog = {
  /** Of the model and version that were asked for. */
  readonly predictions: readonly Prediction[]
  /** Lines of other models or versions. */
  readonly others: number
  /** Lines that a full disk or a power cut left half written; they are left out. */
  readonly torn: number
  /** Screenings of test keys, which are left out: whoever has such a key, which is free, could move what is found. */
  readonly tests: number
}

/**
 * Lines of the GPU function's prediction log.
 * @param paths files, and folders whose `*.ndjson` are read
 * @throws AppError request-invalid with file and line where something else stands, or a path cannot be read or is a pipe or device
 */
export async function readPredictionLog(
  paths: readonly string[],
  model: { readonly name: string; readonly version: string },
  { since = '', until = '9999' }: LogRange = {},
): Promise<PredictionLog> {
  const predictions: Prediction[] = []
  let [others, torn, tests] = [0, 0, 0]
  for (const path of (await Promise.all(paths.map(filesOf))).flat()) {
    for await (const { text, number } of linesOf(path)) {
      if (text.trim() === '') continue
      const prediction = parsed(text, `${path}, line ${number}`)
      if (!prediction) {
        torn++
        continue
      }
      const day = prediction.hour.slice(0, 10)
      if (day < since || day > until) continue
      if (prediction.test) tests++
      else if (prediction.model === model.name && prediction.version === model.version)
        predictions.push(prediction)
      else others++
    }
  }
  return { predictions, others, torn, tests }
}

async function filesOf(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path]
    const names = await readdir(path)
    return names
      .filter((name) => name.endsWith('.ndjson'))
      .sort()
      .map((name) => join(path, name))
  } catch (cause) {
    throw new AppError('request-invalid', `${path} cannot be read: ${reasonOf(cause)}`, { cause })
  }
}

/** How each line begins. */
const HEAD = '{"hour":"'

/** @returns undefined for a line of ours that was cut off, the next one behind it or not, or that a power cut left as zeros */
function parsed(line: string, where: string): Prediction | undefined {
  try {
    return predictionSchema.parse(JSON.parse(line))
  } catch (cause) {
    const ours = HEAD.startsWith(line.slice(0, HEAD.length)) || line.startsWith('\0')
    if (cause instanceof SyntaxError && ours) return undefined
    throw new AppError('request-invalid', `${where} is no line of a prediction log`, { cause })
  }
}
