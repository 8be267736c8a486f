import { preprocessId } from '@detl/core/preprocess/spec'
import type { Handler } from 'hono'
import type { Deps } from '../app.ts'

/** What scores here: the manifest, which holds no secret, with the preprocess id that tensors carry. */
export const model =
  ({ manifest }: Pick<Deps, 'manifest'>): Handler =>
  (c) =>
    c.json({ ...manifest, preprocessId: preprocessId(manifest.preprocess) })
