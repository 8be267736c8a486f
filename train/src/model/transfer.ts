/** The blocks of the paper's network from the input on: transfer retrains from a named one to the end. */
export const BLOCKS = {
  block1: ['conv1', 'conv2'],
  block2: ['conv3', 'conv4'],
  block3: ['conv5', 'conv6'],
  dense: ['dense1', 'dense2'],
  head: ['dense3'],
} as const
export type Block = keyof typeof BLOCKS
