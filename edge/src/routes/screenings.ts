import { readScores } from '@detl/core/api/screening'
import { decodeImage } from '@detl/core/image/decode'
import { preprocess } from '@detl/core/preprocess/preprocess'
import type { Handler } from 'hono'
import { endTime, startTime } from 'hono/timing'
import { answer } from '../answers/answer.ts'
import type { Deps, EdgeContext } from '../app.ts'
import { readImage } from '../body.ts'

/** POST /v1/screenings: the body is the image; nothing of it is kept. */
export const screen =
  ({ manifest, limits, maxBodyBytes, codecs, infer }: Deps): Handler<EdgeContext> =>
  async (c) => {
    startTime(c, 'decode')
    const bytes = await readImage(c.req.raw, maxBodyBytes)
    const decoded = await decodeImage(bytes, { limits, codecs })
    endTime(c, 'decode')

    startTime(c, 'preprocess')
    const prepared = preprocess(decoded.image, manifest.preprocess)
    endTime(c, 'preprocess')

    startTime(c, 'infer')
    const { probabilities, cam, servedBy } = await infer(prepared.tensor, {
      requestId: c.get('requestId'),
      traceparent: c.req.header('traceparent'),
      signal: c.req.raw.signal,
    })
    endTime(c, 'infer')

    const scores = readScores(manifest, probabilities, cam)
    return answer(c, { id: c.get('requestId'), manifest, decoded, prepared, scores, servedBy })
  }
