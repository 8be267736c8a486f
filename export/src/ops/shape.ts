import { type Family, isChannelsFirst, sizeAt, toLast } from './context.ts'

export const shapeOps: Family = {
  Flatten: {
    lower: (layer, [x], { g }) => {
      const rank = x!.shape.length
      const moved = rank > 2 && isChannelsFirst(layer) ? g.op('Transpose', [x!], { perm: toLast(rank) }) : x!
      let size = 1
      for (let axis = 1; axis < rank; axis++) size *= sizeAt(layer, moved, axis)
      return [g.op('Reshape', [moved], { shape: [-1, size] })]
    },
  },
}
