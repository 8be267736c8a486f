import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '@detl/core/api/problem'
import { type Prediction, predictionOf, tensorStatistics } from '@detl/core/drift/prediction'
import { FEWEST_FILMS, type Reference, referenceOf } from '@detl/core/drift/reference'
import { openFilmScorer } from '../films.ts'
import { collectInputs } from '../screen/inputs.ts'
import { readImageFile } from '../screen/read-image-file.ts'
import { readPredictionLog } from './read-log.ts'

export type ReferenceOptions = {
  /** Folder of the model, which gets reference.json. */
  readonly model: string
  /** Files and folders of films; empty where a log is given. */
  readonly films: readonly string[]
  /** Files and folders of the prediction log whose screenings are taken as what is usual. */
  readonly log: readonly string[]
  /** What films these are. */
  readonly of: string
}

/**
 * Writes reference.json into a model's folder: what is usual, of films that are scored here or of a stretch of the prediction log.
 * @returns the reference, and how many films the gate refused
 * @throws AppError request-invalid for fewer than 30 films
 */
export async function makeReference({
  model,
  films,
  log,
  of,
}: ReferenceOptions): Promise<{ reference: Reference; refused: number }> {
  const scorer = await openFilmScorer(model)
  try {
    const { manifest } = scorer
    const { predictions, refused } =
      log.length > 0
        ? { predictions: (await readPredictionLog(log, manifest)).predictions, refused: 0 }
        : await scoreAll(scorer, films)
    if (predictions.length < FEWEST_FILMS)
      throw new AppError(
        'request-invalid',
        `${predictions.length} films are too few (${refused} more are refused): a reference needs ${FEWEST_FILMS}`,
      )
    const reference = referenceOf(predictions, { model: manifest, of, at: new Date() })
    await writeFile(join(model, 'reference.json'), `${JSON.stringify(reference, null, 1)}\n`)
    return { reference, refused }
  } finally {
    await scorer.close()
  }
}

async function scoreAll(
  scorer: Awaited<ReturnType<typeof openFilmScorer>>,
  films: readonly string[],
): Promise<{ predictions: Prediction[]; refused: number }> {
  const { manifest, score } = scorer
  const predictions: Prediction[] = []
  let refused = 0
  const at = new Date()
  for (const input of await collectInputs(films, { filesFrom: undefined, apart: [] })) {
    if (input.fault) throw input.fault
    const bytes = readImageFile(input.path!, input.guessed)
    if (!bytes) continue
    const film = await score(bytes)
    if (film)
      predictions.push(
        predictionOf(manifest, tensorStatistics(film.tensor, manifest.preprocess.size), film, at),
      )
    else refused++
  }
  return { predictions, refused }
}
