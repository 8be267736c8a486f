#!/usr/bin/env bash
# Most people assume: a matrix behind DequantizeLinear is a constant, so ONNX Runtime computes it once, when it loads the file, as it does behind Cast, and multiplies in float32.
# Seen with onnxruntime-node 1.30.0 (CPU): the product becomes MatMulNBits, which rounds the activations to 8 bits: a relative error of some 1e-3 where Cast, Sub and Mul give 1e-7.
# The session option session.disable_quant_qdq=1 undoes it. Exits with 1 once that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts onnxruntime-node@1.30.0 onnx-buf@1.20.0-1 @bufbuild/protobuf@2.17.0
cat > run.mjs <<'JS'
import { readFileSync } from 'node:fs'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import ort from 'onnxruntime-node'
const [K, N] = [64, 32]
let state = 1
const random = () => (state = (state * 48271) % 2147483647) / 2147483647
const weights = Uint8Array.from({ length: K * N }, () => random() * 256)
const x = Float32Array.from({ length: K }, () => random() * 2 - 1)
const [scale, zero] = [Math.fround(0.01), 128]
const raw = (data) => new Uint8Array(data.buffer)
const tensor = (name, dataType, dims, data) => ({ name, dataType, dims: dims.map(BigInt), rawData: raw(data) })
const matrix = (name, sizes) => ({ name, type: { value: { case: 'tensorType', value: { elemType: 1,
  shape: { dim: sizes.map((n) => ({ value: { case: 'dimValue', value: BigInt(n) } })) } } } } })
const FORMS = {
  DequantizeLinear: { nodes: [{ opType: 'DequantizeLinear', input: ['w', 's', 'z'], output: ['v'] }], z: tensor('z', 2, [], Uint8Array.of(zero)) },
  'Cast, Sub, Mul': { nodes: [
    { opType: 'Cast', input: ['w'], output: ['c'], attribute: [{ name: 'to', type: 2, i: 1n }] },
    { opType: 'Sub', input: ['c', 'z'], output: ['d'] }, { opType: 'Mul', input: ['d', 's'], output: ['v'] }],
    z: tensor('z', 1, [], Float32Array.of(zero)) },
}
const model = ({ nodes, z }) => toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: 8n, opsetImport: [{ version: 17n }], graph: {
  name: 'g', input: [matrix('x', [1, K])], output: [matrix('y', [1, N])],
  initializer: [tensor('w', 2, [K, N], weights), tensor('s', 1, [], Float32Array.of(scale)), z],
  node: [...nodes, { opType: 'MatMul', input: ['x', 'v'], output: ['y'] }] } }))
const exact = Array.from({ length: N }, (_, n) => x.reduce((sum, value, k) => sum + value * (weights[k * N + n] - zero) * scale, 0))
const largest = Math.max(...exact.map(Math.abs))
async function seen(form, extra) {
  const options = { optimizedModelFilePath: 'optimised.onnx', logSeverityLevel: 4, ...(extra && { extra }) }
  const session = await ort.InferenceSession.create(model(FORMS[form]), options)
  const { y } = await session.run({ x: new ort.Tensor('float32', x, [1, K]) })
  const kinds = fromBinary(ModelProtoSchema, readFileSync('optimised.onnx')).graph.node.map(({ opType }) => opType)
  return { kinds, error: Math.max(...exact.map((value, n) => Math.abs(value - y.data[n]))) / largest }
}
const linear = await seen('DequantizeLinear')
const plain = await seen('Cast, Sub, Mul')
const switched = await seen('DequantizeLinear', { session: { disable_quant_qdq: '1' } })
const { version } = JSON.parse(readFileSync('node_modules/onnxruntime-node/package.json', 'utf8'))
for (const [name, { kinds, error }] of Object.entries({ DequantizeLinear: linear, 'Cast, Sub, Mul': plain, 'DequantizeLinear, disable_quant_qdq': switched }))
  console.log(`onnxruntime-node ${version}, ${name}: runs ${kinds.join(', ')}; relative error ${error.toExponential(0)}`)
const asSeen = linear.kinds.includes('MatMulNBits') && linear.error > 1e-4 && plain.kinds.join() === 'MatMul' && plain.error < 1e-5 && switched.error < 1e-5
process.exit(asSeen ? 0 : 1)
JS
node run.mjs
