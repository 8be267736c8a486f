import { activationOps } from './activation.ts'
import type { Row } from './context.ts'
import { convOps } from './conv.ts'
import { denseOps } from './dense.ts'
import { identityOps } from './identity.ts'
import { poolOps } from './pool.ts'
import { shapeOps } from './shape.ts'

/** Layer class → how it is lowered. The support page is generated from it. */
export const TABLE: Readonly<Record<string, Row>> = {
  ...convOps,
  ...denseOps,
  ...poolOps,
  ...activationOps,
  ...shapeOps,
  ...identityOps,
}
