import { activationLayers } from './activation.ts'
import { cellLayers } from './cells.ts'
import type { Family, Layers } from './context.ts'
import { convLayers } from './conv.ts'
import { denseLayers } from './dense.ts'
import { identityLayers } from './identity.ts'
import { mergeLayers } from './merge.ts'
import { normLayers } from './norm.ts'
import { operationLayers } from './operators.ts'
import { poolLayers } from './pool.ts'
import { preprocessingLayers } from './preprocessing.ts'
import { recurrentLayers } from './recurrent.ts'
import { shapeLayers } from './shape.ts'

/** In the order of the support page. */
export const FAMILIES: readonly Family[] = [
  denseLayers,
  convLayers,
  poolLayers,
  normLayers,
  activationLayers,
  mergeLayers,
  shapeLayers,
  recurrentLayers,
  cellLayers,
  preprocessingLayers,
  identityLayers,
  operationLayers,
]

/** Layer class → all that is known of it. The support page is generated from it. */
export const LAYERS: Layers = Object.assign({}, ...FAMILIES.map(({ rows }) => rows))
