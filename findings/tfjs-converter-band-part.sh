#!/usr/bin/env bash
# Most people assume: a GraphModel's MatrixBandPart(x, lower, upper) in tfjs keeps `lower` diagonals below the main one and `upper` above it, as TensorFlow does.
# Seen with @tensorflow/tfjs-converter 4.22.0: it reads both numbers from `lower`, so that (x, 0, -1), the upper triangle of causal masks,
# gives the diagonal alone; and OneHot puts its new axis last whatever its attribute `axis` says. Exits with 1 once either changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0 @tensorflow/tfjs-converter@4.22.0
cat > run.cjs <<'JS'
const tf = require('@tensorflow/tfjs-core')
require('@tensorflow/tfjs-backend-cpu')
const { loadGraphModel } = require('@tensorflow/tfjs-converter')
const constant = (name, type) => ({ name, op: 'Const', attr: { dtype: { type } } })
/** A graph of one operation on x, with constants. */
async function run(op, dtype, constants, attr, x) {
  const names = Object.keys(constants)
  const values = names.map((name) => Int32Array.of(constants[name]))
  const model = await loadGraphModel(tf.io.fromMemory({
    modelTopology: {
      node: [
        { name: 'x', op: 'Placeholder', attr: { dtype: { type: dtype } } },
        ...names.map((name) => constant(name, 'DT_INT32')),
        { name: 'y', op, input: ['x', ...names], attr },
      ],
      versions: { producer: 1, minConsumer: 1 },
    },
    weightSpecs: names.map((name) => ({ name, shape: [], dtype: 'int32' })),
    weightData: new Uint8Array(Buffer.concat(values.map((v) => new Uint8Array(v.buffer)))).buffer,
  }))
  return model.execute({ x }, 'y')
}
async function main() {
  await tf.setBackend('cpu')
  const band = await run('MatrixBandPart', 'DT_FLOAT', { lower: 0, upper: -1 }, {}, tf.ones([3, 3]))
  console.log(`upper triangle of ones, TensorFlow: 1,1,1,0,1,1,0,0,1; tfjs: ${band.dataSync()}`)
  const hot = await run('OneHot', 'DT_INT32', { depth: 4, on: 1, off: 0 }, { axis: { i: '0' } }, tf.tensor1d([1, 3], 'int32'))
  console.log(`OneHot of 2 numbers with axis 0, TensorFlow: 4,2; tfjs: ${hot.shape}`)
  process.exit(`${band.dataSync()}` === '1,0,0,0,1,0,0,0,1' && `${hot.shape}` === '2,4' ? 0 : 1)
}
main()
JS
node run.cjs
