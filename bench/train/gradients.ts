/**
 * Loss and gradients of the paper's network, and of the normalisation that trains it, by one backend beside pure JavaScript: prints the largest
 * difference of each, fails where one is too large: node gradients.ts BACKEND
 */
import type { BackendName } from '@detl/train/backend/names'
import { describeBackend } from '@detl/train/backend/names'
import { selectBackend } from '@detl/train/backend/select'
import * as tf from '@tensorflow/tfjs-core'
import {
  depthwiseHere,
  gradientsHere,
  normHere,
  worstDifference,
} from '../../test/train/backend/gradients.ts'

const choice = await selectBackend({ only: process.argv[2] as BackendName })
const asked = tf.getBackend()

/** What both say of the same thing. */
async function both<T>(of: () => T | Promise<T>): Promise<[reference: T, ours: T]> {
  await tf.setBackend('cpu')
  const reference = await of()
  await tf.setBackend(asked)
  return [reference, await of()]
}

const largest = ([reference, ours]: [number[], number[]]): number => {
  const scale = Math.max(...reference.map(Math.abs))
  return Math.max(...reference.map((v, i) => Math.abs(v - ours[i]!))) / scale
}

const [reference, ours] = await both(gradientsHere)
const differences = {
  'loss of detl12': Math.abs(reference.loss - ours.loss),
  'gradients of detl12': worstDifference(reference, ours),
  'normalisation and ReLU6': largest(await both(() => normHere('relu6'))),
  'depthwise convolution, stride 2': largest(await both(() => depthwiseHere(2, 1))),
}
console.log(describeBackend(choice))
for (const [name, value] of Object.entries(differences)) console.log(`${name}: ${value.toExponential(1)}`)
// fp32 sums in another order; a wrong kernel is off by a fraction of 1.
if (!Object.values(differences).every((d) => d < 2e-5)) process.exitCode = 1
