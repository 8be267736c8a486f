import * as tf from '@tensorflow/tfjs-core'
import { adamStep } from './backend/adam.ts'
import type { OptimizerConfig } from './config.ts'

/**
 * Update rules with their state in plain sight, so that a checkpoint can hold it: tfjs's own optimisers keep theirs,
 * and Adam's rate, in protected fields.
 */
export type Optimizer = {
  /** One update. @param gradients in the order of the variables */
  step(gradients: readonly tf.Tensor[], learningRate: number): void
  /** Everything but the variables: moments, and the step count. */
  state(): { tensors: readonly tf.Tensor[]; steps: number }
  restore(tensors: readonly tf.Tensor[], steps: number): void
  dispose(): void
}

export function optimizerFor(config: OptimizerConfig, variables: readonly tf.Variable[]): Optimizer {
  const slots = config.kind === 'adam' ? 2 : 1
  const state = tf.tidy(() =>
    Array.from({ length: slots }, () => variables.map((v) => tf.variable(tf.zerosLike(v), false))),
  )
  let steps = 0
  const update = config.kind === 'adam' ? adam(config) : momentum(config)
  return {
    step(gradients, learningRate) {
      steps++
      tf.tidy(() => {
        for (const [i, variable] of variables.entries()) {
          update(
            variable,
            gradients[i]!,
            state.map((s) => s[i]!),
            learningRate,
            steps,
          )
        }
      })
    },
    state: () => ({ tensors: state.flat(), steps }),
    restore(tensors, count) {
      for (const [i, variable] of state.flat().entries()) variable.assign(tensors[i]!)
      steps = count
    },
    dispose: () => tf.dispose(state.flat()),
  }
}

type Update = (
  variable: tf.Variable,
  gradient: tf.Tensor,
  slots: readonly tf.Variable[],
  learningRate: number,
  steps: number,
) => void

/** Kingma & Ba 2015, algorithm 1, with the corrections folded into the rate. */
function adam({ beta1, beta2, epsilon }: Extract<OptimizerConfig, { kind: 'adam' }>): Update {
  return (variable, gradient, [m, v], learningRate, steps) => {
    const correction2 = Math.sqrt(1 - beta2 ** steps)
    const rate = (learningRate * correction2) / (1 - beta1 ** steps)
    const step = { rate, beta1, beta2, epsilon: epsilon * correction2 }
    const updated = adamStep(variable, m!, v!, gradient, step)
    for (const [i, old] of [variable, m!, v!].entries()) old.assign(updated[i]!)
  }
}

/** Heavy ball: u ← μu + g, w ← w − ηu. */
function momentum({ momentum }: Extract<OptimizerConfig, { kind: 'sgd' }>): Update {
  return (variable, gradient, [u], learningRate) => {
    u!.assign(tf.add(tf.mul(u!, momentum), gradient))
    variable.assign(tf.sub(variable, tf.mul(u!, learningRate)))
  }
}
