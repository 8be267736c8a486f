import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { LABELS } from '@detl/core/model/labels'
import type { Manifest } from '@detl/core/model/manifest'
import {
  decodeInferRequest,
  encodeInferResponse,
  HEADER_LENGTH,
  parseHeaderLength,
} from '@detl/core/wire/oip'
import { parseSigningKeys, verifyRequest } from '@detl/core/wire/signature'
import { within } from './deadline.ts'
import { drawnRegions } from './regions.ts'

export const SIGNING_KEY = `test:${Buffer.alloc(32, 7).toString('base64')}`

export const COMPUTED_ON = { provider: 'webgpu', adapter: 'google swiftshader, software' }

/** What the next calls get instead of an answer. */
type Trouble = (call: number) => { status: number } | { delayMs: number } | 'hang-up' | undefined

/**
 * A server that speaks the wire format and checks signatures as the GPU function does, and answers scores that depend on the
 * tensor alone: the same image, the same answer.
 */
export async function gpuStandIn(manifest: Manifest, port = 0) {
  const keys = parseSigningKeys(SIGNING_KEY)
  const state = { calls: 0, answered: 0, modes: [] as unknown[], trouble: undefined as Trouble | undefined }
  const server = createServer((request, response) => {
    const call = state.calls++
    void handle(request, call).then(
      ({ status, headers, body }) => response.writeHead(status, headers).end(body),
      (error) => {
        if (error === HANG_UP) request.socket.destroy()
        else response.writeHead(401).end()
      },
    )
  })

  async function handle(request: IncomingMessage, call: number) {
    const body = new Uint8Array(Buffer.concat(await request.toArray()))
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    )
    const path = request.url ?? ''
    await verifyRequest({ method: request.method ?? '', path, headers, body, keys })
    if (request.method === 'GET')
      return { status: 200, headers: {}, body: JSON.stringify({ name: manifest.name }) }
    const trouble = state.trouble?.(call)
    if (trouble === 'hang-up') throw HANG_UP
    if (trouble && 'status' in trouble) return { status: trouble.status, headers: {}, body: 'trouble' }
    if (trouble) await new Promise((resolve) => setTimeout(resolve, trouble.delayMs))
    const {
      id,
      inputs,
      outputs: wanted,
      parameters,
    } = decodeInferRequest(body, parseHeaderLength(request.headers[HEADER_LENGTH] as string))
    const encoded = encodeInferResponse({
      modelName: 'detl',
      id,
      parameters: COMPUTED_ON,
      outputs: answer(inputs[0]!.data, manifest)
        .filter(({ name }) => wanted?.some((one) => one.name === name) ?? true)
        .map((tensor) => ({ tensor, binary: true })),
    })
    state.answered++
    state.modes.push(parameters.mode)
    return { status: 200, headers: { [HEADER_LENGTH]: String(encoded.headerLength) }, body: encoded.body }
  }

  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address() as { port: number }
  return Object.assign(state, {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    stop: async () => {
      const closed = once(server, 'close')
      server.close() // first: a connection that came between would keep it open
      server.closeAllConnections()
      await within(5000, 'the stand-in of the GPU function to close', closed)
    },
  })
}

const HANG_UP = new Error('hang up')

/** Probabilities, maps, a distance of 0 … 100 and lungs' opacity that the tensor's mean decides. @param tensor UINT8 [1,1,S,S] */
function answer(tensor: Uint8Array, { cam, regions }: Manifest) {
  const mean = tensor.reduce((sum, value) => sum + value, 0) / tensor.length / 255
  const weights = LABELS.map((_, index) => 1 + index * mean)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const cells = cam.width * cam.height
  const maps = Float32Array.from({ length: LABELS.length * cells }, (_, i) => ((i * 7) % 11) * mean)
  return [
    fp32(
      'probabilities',
      [1, LABELS.length],
      Float32Array.from(weights, (weight) => weight / total),
    ),
    fp32('cam', [1, LABELS.length, cam.height, cam.width], maps),
    fp32('ood_score', [1], Float32Array.of(100 * mean)),
    ...(regions
      ? [
          fp32(
            'regions',
            [1, 3, regions.height, regions.width],
            drawnRegions({ opacity: () => mean }, regions),
          ),
        ]
      : []),
  ]
}

const fp32 = (name: string, shape: number[], values: Float32Array) => ({
  name,
  datatype: 'FP32' as const,
  shape,
  data: new Uint8Array(values.buffer),
})
