import type { NodeFamily, NodeRows } from './context.ts'
import { convNodes } from './conv.ts'
import { elementwiseNodes } from './elementwise.ts'
import { extentNodes } from './extents.ts'
import { gatherNodes } from './gathers.ts'
import { matrixNodes } from './matrices.ts'
import { reduceNodes } from './reduce.ts'
import { refusedNodes } from './refused.ts'
import { shapeNodes } from './shapes.ts'

/** In the order of the support page. */
export const NODE_FAMILIES: readonly NodeFamily[] = [
  convNodes,
  elementwiseNodes,
  reduceNodes,
  matrixNodes,
  shapeNodes,
  extentNodes,
  gatherNodes,
  refusedNodes,
]

/** TensorFlow's operation → all that is known of it. The support page is generated from it. */
export const NODES: NodeRows = Object.assign({}, ...NODE_FAMILIES.map(({ rows }) => rows))
