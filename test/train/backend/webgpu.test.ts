import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { noSoftwareVulkan, softwareVulkan } from '../../support/software-vulkan.ts'

const GRADIENTS = fileURLToPath(new URL('../../../bench/train/gradients.ts', import.meta.url))

/** The driver is chosen when a process starts. */
async function printed(script: string, ...args: readonly string[]): Promise<string> {
  const env = { ...process.env, ...softwareVulkan() }
  const child = spawn(process.execPath, [script, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const text: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => text.push(chunk))
  const [code] = await once(child, 'close')
  const said = Buffer.concat(text).toString()
  if (code !== 0) throw new Error(`exit ${code}:\n${said}`)
  return said
}

/** On SwiftShader, a Vulkan driver that computes on the processor: what a GPU would do, slowly. */
describe.skipIf(noSoftwareVulkan)('the WebGPU backend', { timeout: 240_000 }, () => {
  it('names its adapter, and has the gradients of the pure JavaScript backend', async () => {
    const said = await printed(GRADIENTS, 'webgpu')
    expect(said).toMatch(/^webgpu on CPU by software, google swiftshader.*\(SwiftShader driver/m)
  })
})
