import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { AppError } from '@detl/core/api/problem'
import { type Prediction, predictionSchema } from '@detl/core/drift/prediction'
import { reasonOf } from '../io-errors.ts'

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
}

/**
 * Lines of the GPU function's prediction log.
 * @param paths files, and folders whose `*.ndjson` are read
 * @throws AppError request-invalid with file and line where something else stands, or a path cannot be read
 */
export async function readPredictionLog(
  paths: readonly string[],
  model: { readonly name: string; readonly version: string },
  { since = '', until = '9999' }: LogRange = {},
): Promise<PredictionLog> {
  const predictions: Prediction[] = []
  let others = 0
  for (const path of (await Promise.all(paths.map(filesOf))).flat()) {
    let number = 0
    for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
      number++
      if (line.trim() === '') continue
      const prediction = parsed(line, `${path}, line ${number}`)
      const day = prediction.hour.slice(0, 10)
      if (day < since || day > until) continue
      if (prediction.model === model.name && prediction.version === model.version)
        predictions.push(prediction)
      else others++
    }
  }
  return { predictions, others }
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

function parsed(line: string, where: string): Prediction {
  try {
    return predictionSchema.parse(JSON.parse(line))
  } catch (cause) {
    throw new AppError('request-invalid', `${where} is no line of a prediction log`, { cause })
  }
}
