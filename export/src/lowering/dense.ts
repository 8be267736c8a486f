import { activate, type Family, sizeAt, weightOf } from './context.ts'

export const denseLayers: Family = {
  title: 'Dense',
  rows: {
    Dense: {
      notes: 'on the last axis of any rank',
      keepsMask: true,
      anyRank: true,
      lower: (layer, [x], context) => {
        const { g } = context
        const units = layer.config.number('units')
        const kernel = weightOf(layer, context, 'kernel', 0, [sizeAt(layer, x!, -1), units])
        let y = g.op('MatMul', [x!, g.constant(kernel, 'kernel')])
        if (layer.config.bool('use_bias', true))
          y = g.op('Add', [y, g.constant(weightOf(layer, context, 'bias', 1, [units]), 'bias')])
        return [activate(layer, y, context)]
      },
    },
  },
}
