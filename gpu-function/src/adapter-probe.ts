/**
 * A process of its own that prints, as JSON, what WebGPU would compute on: two copies of Dawn in one process, this one's and ONNX Runtime's,
 * would share a driver's state, and a driver that fails here must not take the server with it.
 */
import { create } from 'webgpu'

const adapter = await create([]).requestAdapter({ powerPreference: 'high-performance' })
if (!adapter) {
  process.stderr.write('no WebGPU adapter\n')
  process.exit(1)
}
const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info
const name = device.startsWith(architecture) ? device : `${architecture} ${device}`.trim()
process.stdout.write(
  JSON.stringify({ vendor, device: name, driver: description, software: isFallbackAdapter }),
  () => process.exit(0), // Dawn keeps the process alive
)
