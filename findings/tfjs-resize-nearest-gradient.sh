#!/usr/bin/env bash
# Most people assume: tfjs's gradient of resizeNearestNeighbor (upsampling in U-Nets) is the sum of the gradients of the cells that a cell was copied to, in every image of a batch.
# Seen with @tensorflow/tfjs-backend-cpu 4.22.0: so in the first image of a batch; in the others it is another number. Exits with 1 once that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0 @tensorflow/tfjs-layers@4.22.0
cat > run.cjs <<'JS'
const tf = require('@tensorflow/tfjs-core')
require('@tensorflow/tfjs-backend-cpu')
// Registers the gradients.
require('@tensorflow/tfjs-layers')
/** Largest difference of the gradient from the sum over each cell's copies, in one image of a batch of two. */
function differences() {
  const [h, k] = [4, 8]
  const w = tf.reshape(tf.range(0, 2 * k * k), [2, k, k, 1])
  const score = (x) => tf.sum(tf.mul(w, tf.image.resizeNearestNeighbor(x, [k, k])))
  const got = tf.grad(score)(tf.ones([2, h, h, 1])).dataSync()
  const want = new Array(2 * h * h).fill(0)
  w.dataSync().forEach((value, at) => {
    const [image, row, column] = [Math.floor(at / (k * k)), Math.floor(at / k) % k, at % k]
    want[(image * h + (row >> 1)) * h + (column >> 1)] += value
  })
  return [0, 1].map((image) =>
    Math.max(...want.slice(image * h * h, (image + 1) * h * h).map((v, i) => Math.abs(v - got[image * h * h + i]))))
}
async function main() {
  await tf.setBackend('cpu')
  const [first, second] = differences()
  console.log(`@tensorflow/tfjs-backend-cpu ${require('@tensorflow/tfjs-backend-cpu/package.json').version}: first image wrong by ${first}, second by ${second}`)
  process.exit(first === 0 && second > 0 ? 0 : 1)
}
main()
JS
node run.cjs
