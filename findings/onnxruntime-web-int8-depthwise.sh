#!/usr/bin/env bash
# Most people assume: a convolutional network in 8-bit integers is faster than in float32 wherever ONNX Runtime runs it, MobileNets most of all.
# Seen with onnxruntime-web 1.30.0 (WebAssembly, 1 thread): an ordinary 3 × 3 convolution in integers takes 0.4 of the time of floats, a depthwise one several times as long, so that a
# whole MobileNetV2 is slower in integers. Exits with 1 once that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts onnxruntime-web@1.30.0 onnx-buf@1.20.0-1 @bufbuild/protobuf@2.17.0
cat > run.mjs <<'JS'
import { readFileSync } from 'node:fs'
import { create, toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import * as ort from 'onnxruntime-web/wasm'
ort.env.wasm.numThreads = 1
ort.env.logLevel = 'error'
const [SIDE, CHANNELS] = [40, 128]
let state = 1
const random = () => (state = (state * 48271) % 2147483647) / 2147483647
const raw = (data) => new Uint8Array(data.buffer)
const tensor = (name, dataType, dims, data) => ({ name, dataType, dims: dims.map(BigInt), rawData: raw(data) })
const value = (name, sizes) => ({ name, type: { value: { case: 'tensorType', value: { elemType: 1,
  shape: { dim: sizes.map((n) => ({ value: { case: 'dimValue', value: BigInt(n) } })) } } } } })
const linear = (opType, input, scale, zero, output) => ({ opType, input: [input, scale, zero], output: [output] })
/** Three convolutions in a row, so that what is done at either end counts for little. */
function model(groups, integers) {
  const dims = [CHANNELS, CHANNELS / groups, 3, 3]
  const weights = Int8Array.from({ length: dims.reduce((a, b) => a * b) }, () => random() * 255 - 127)
  const initializer = [tensor('s', 1, [], Float32Array.of(0.02)), tensor('u', 2, [], Uint8Array.of(0)), tensor('i', 3, [], Int8Array.of(0)),
    integers ? tensor('q', 3, dims, weights) : tensor('w', 1, dims, Float32Array.from(weights, (w) => w * 0.02))]
  const node = integers ? [linear('DequantizeLinear', 'q', 's', 'i', 'w')] : []
  let from = 'x'
  for (let k = 0; k < 3; k++) {
    if (integers) node.push(linear('QuantizeLinear', from, 's', 'u', `q${k}`), linear('DequantizeLinear', `q${k}`, 's', 'u', `d${k}`))
    const ints = (name, list) => ({ name, type: 7, ints: list.map(BigInt) })
    const attribute = [{ name: 'group', type: 2, i: BigInt(groups) }, ints('pads', [1, 1, 1, 1]), ints('kernel_shape', [3, 3])]
    node.push({ opType: 'Conv', input: [integers ? `d${k}` : from, 'w'], output: [(from = `c${k}`)], attribute })
  }
  if (integers) node.push(linear('QuantizeLinear', from, 's', 'u', 'qy'), linear('DequantizeLinear', 'qy', 's', 'u', 'y'))
  else node.at(-1).output = ['y']
  const shape = [1, CHANNELS, SIDE, SIDE]
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: 8n, opsetImport: [{ version: 17n }],
    graph: { name: 'g', input: [value('x', shape)], output: [value('y', shape)], initializer, node } }))
}
/** Of the fastest runs, in turn. */
async function ratio(groups) {
  const sessions = [await ort.InferenceSession.create(model(groups, true)), await ort.InferenceSession.create(model(groups, false))]
  const x = new ort.Tensor('float32', Float32Array.from({ length: CHANNELS * SIDE * SIDE }, random), [1, CHANNELS, SIDE, SIDE])
  const best = [Infinity, Infinity]
  for (let round = 0; round < 40; round++)
    for (const [i, session] of sessions.entries()) {
      const begin = performance.now()
      await session.run({ x })
      best[i] = Math.min(best[i], performance.now() - begin)
    }
  return best[0] / best[1]
}
const [ordinary, depthwise] = [await ratio(1), await ratio(CHANNELS)]
const { version } = JSON.parse(readFileSync('node_modules/onnxruntime-web/package.json', 'utf8'))
console.log(`onnxruntime-web ${version}: int8 takes ${ordinary.toFixed(2)} of the time of floats in an ordinary 3 × 3 convolution, ${depthwise.toFixed(2)} in a depthwise one`)
process.exit(ordinary < 0.9 && depthwise > 1.2 ? 0 : 1)
JS
node run.mjs
