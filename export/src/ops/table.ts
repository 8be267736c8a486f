import { activationOps } from './activation.ts'
import type { Row } from './context.ts'
import { convOps } from './conv.ts'
import { denseOps } from './dense.ts'
import { identityOps } from './identity.ts'
import { mergeOps } from './merge.ts'
import { normOps } from './norm.ts'
import { poolOps } from './pool.ts'
import { preprocessingOps } from './preprocessing.ts'
import { recurrentOps } from './recurrent.ts'
import { shapeOps } from './shape.ts'

/** Layer class → how it is lowered. The support page is generated from it. */
export const TABLE: Readonly<Record<string, Row>> = {
  ...denseOps,
  ...convOps,
  ...poolOps,
  ...normOps,
  ...activationOps,
  ...mergeOps,
  ...shapeOps,
  ...recurrentOps,
  ...preprocessingOps,
  ...identityOps,
}

/** Classes that are known and refused, with the reason. */
export const REFUSED: Readonly<Record<string, string>> = {
  RandomWidth:
    'tfjs draws a random width at inference too: there is no result to agree with; remove the layer before saving',
}
