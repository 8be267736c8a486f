import * as tf from '@tensorflow/tfjs-core'

/**
 * Starts tfjs's WebGPU backend on Dawn, as npm's `webgpu` has it for Node: any GPU with a Vulkan, Metal or Direct3D 12 driver.
 * @returns the adapter that computes; one of software is called so, for it is slower than the other backends
 * @throws where there is no adapter
 */
export async function startWebGpu(): Promise<{ device: string; detail: string }> {
  const { create, globals } = await import('webgpu')
  const gpu = create([])
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (!adapter) throw new Error('no WebGPU adapter: is there a Vulkan driver?')
  Object.assign(globalThis, globals)
  // tfjs looks for the browser's own. A GPU that can be reached from here keeps Node from ending.
  Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true })
  await import('@tensorflow/tfjs-backend-webgpu')
  if (!(await tf.setBackend('webgpu'))) throw new Error('tfjs could not start webgpu')
  await tf.ready()
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info
  const names = [vendor, device.startsWith(architecture) ? device : `${architecture} ${device}`.trim()]
  return {
    device: `${isFallbackAdapter ? 'CPU by software, ' : 'GPU, '}${names.join(' ')} (${description})`,
    detail: 'tfjs-backend-webgpu on Dawn',
  }
}
