import { int, ints, type Shape, type Type } from '../ir.ts'
import { axisOf, type Infer, type Operations, same } from '../operation.ts'

const place: Infer = ([x], attributes) => {
  const axis = axisOf(int(attributes, 'axis', 0), x!.shape.length)
  const keep = int(attributes, 'keepdims', 1) === 1
  const shape = x!.shape.map((d, i) => (i === axis ? 1 : d)).filter((_, i) => keep || i !== axis)
  return { dtype: 'int64', shape }
}

const topK: Infer = ([x], attributes) => {
  const axis = axisOf(int(attributes, 'axis', -1), x!.shape.length)
  const [k] = ints(attributes, 'k')
  const shape = x!.shape.map((d, i) => (i === axis ? k! : d))
  const types: Type[] = [
    { dtype: x!.dtype, shape },
    { dtype: 'int64', shape },
  ]
  return types
}

const gatherNd: Infer = ([x, at]) => {
  const depth = at!.shape.at(-1)
  if (typeof depth !== 'number') throw new Error('the number of its indices is not known')
  return { dtype: x!.dtype, shape: [...at!.shape.slice(0, -1), ...x!.shape.slice(depth)] }
}

const free =
  (...shape: Shape): Infer =>
  () => ({ dtype: 'int64', shape })

/** Operations that look for elements, and those that take them by their places. */
export const pickingOperations: Operations = {
  ArgMax: { infer: place },
  ArgMin: { infer: place },
  TopK: { infer: topK, inputs: { k: 10 } },
  GatherND: { infer: gatherNd },
  ScatterND: { infer: same },
  NonZero: { infer: ([x]) => ({ dtype: 'int64', shape: [x!.shape.length, null] }) },
  NonMaxSuppression: { infer: free(null, 3) },
}
