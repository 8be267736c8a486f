import type { Operation, Operations } from './operation.ts'
import { broadcastOperations, unaryOperations } from './rows/elementwise.ts'
import { extentOperations } from './rows/extents.ts'
import { matrixOperations } from './rows/matrices.ts'
import { pickingOperations } from './rows/picking.ts'
import { reductionOperations } from './rows/reductions.ts'
import { shapeOperations } from './rows/shapes.ts'
import { windowOperations } from './rows/windows.ts'

/** All that is known of each operation, by name. Shape rules, gradients, folding, passes and the file's form are read from here. */
export const OPERATIONS: Operations = {
  ...unaryOperations,
  ...broadcastOperations,
  ...matrixOperations,
  ...windowOperations,
  ...reductionOperations,
  ...shapeOperations,
  ...extentOperations,
  ...pickingOperations,
}

/** The row of an operation. @throws Error where the table has none */
export function operationOf(op: string): Operation {
  const row = OPERATIONS[op]
  if (!row) throw new Error(`there is no row for the operation ${op}`)
  return row
}
