export const BACKENDS = ['tfjs-node-gpu', 'webgpu', 'tfjs-node', 'onednn', 'wasm', 'cpu'] as const
export type BackendName = (typeof BACKENDS)[number]

export type BackendChoice = {
  name: BackendName
  /** What does the arithmetic; tfjs-node-gpu without CUDA works on the CPU and says nothing. */
  device: string
  detail: string
  /** Why each backend that was preferred to this one is not in use. */
  passedOver: { name: BackendName; reason: string }[]
}

export const describeBackend = (choice: BackendChoice): string =>
  `${choice.name} on ${choice.device} (${choice.detail})`
