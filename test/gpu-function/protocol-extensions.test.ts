/**
 * Conformance to the Open Inference Protocol v2, REST. Each test names its clause: a heading of
 * `inference_rest.md` (kserve/open-inference-protocol), or of Triton's `extension_binary_data.md` and
 * `extension_model_repository.md` where it says so. Requests are written out by hand: no codec of ours is in the way.
 */
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { gpuServer } from '../support/gpu-server.ts'

const server = gpuServer({ keys: 'none' }, (models) => {
  models.add({ version: '1', folder: '1' })
  models.add({ version: '2', folder: '2' })
  models.add({ name: 'other' })
})

const PIXELS = 32 * 32
const data = Array.from({ length: PIXELS }, (_, i) => (i * 7) % 256)
const parameters = { preprocess: 'cxr-grey@2/32' }
const input = { name: 'image', shape: [1, 1, 32, 32], datatype: 'UINT8', data }

const post = (body: unknown, path = '/v2/models/detl/infer') =>
  server.fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
const postBinary = (json: object, binary: Uint8Array, headers: Record<string, string> = {}) => {
  const head = Buffer.from(JSON.stringify(json))
  return server.fetch('/v2/models/detl/infer', {
    method: 'POST',
    headers: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(head.length),
      ...headers,
    },
    body: Buffer.concat([head, binary]),
  })
}

const errorResponse = z.object({ error: z.string().min(1) })

async function expectError(response: Response, status: number): Promise<string> {
  expect(response.status).toBe(status)
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  return errorResponse.parse(await response.json()).error
}

describe('extension_binary_data', () => {
  const binaryInput = {
    name: 'image',
    shape: [1, 1, 32, 32],
    datatype: 'UINT8',
    parameters: { binary_data_size: PIXELS },
  }
  const bytes = Uint8Array.from(data)
  const read = async (response: Response) => {
    const length = Number(response.headers.get('inference-header-content-length'))
    const body = Buffer.from(await response.arrayBuffer())
    return { head: JSON.parse(body.subarray(0, length).toString()), binary: body.subarray(length) }
  }
  const floats = (buffer: Buffer) =>
    Array.from({ length: buffer.length / 4 }, (_, i) => buffer.readFloatLE(i * 4))

  it('"binary_data_size": an input after the JSON object gives the answer that JSON gives', async () => {
    const outputs = [{ name: 'probabilities' }]
    const fromJson = await (await post({ inputs: [input], outputs, parameters })).json()
    const response = await postBinary({ inputs: [binaryInput], outputs, parameters }, bytes)
    // "false (or not given) if the tensor should be returned as JSON"
    expect(response.headers.has('inference-header-content-length')).toBe(false)
    expect(await response.json()).toEqual(fromJson)
  })

  it('"binary_data": true returns that output as bytes, the others as JSON, in the order of the outputs', async () => {
    const outputs = [
      { name: 'cam', parameters: { binary_data: true } },
      { name: 'logits' },
      { name: 'probabilities', parameters: { binary_data: true } },
    ]
    const response = await postBinary({ inputs: [binaryInput], outputs, parameters }, bytes)
    expect(response.headers.get('content-type')).toBe('application/octet-stream')
    const { head, binary } = await read(response)
    expect(binary.length).toBe(4 * 100 * 4 + 4 * 4)
    expect(head.outputs.map((o: { name: string }) => o.name)).toEqual(['cam', 'logits', 'probabilities'])
    expect(head.outputs[0]).toEqual({
      name: 'cam',
      datatype: 'FP32',
      shape: [1, 4, 10, 10],
      parameters: { binary_data_size: 1600 },
    })
    const probabilities = floats(binary.subarray(1600))
    const total = head.outputs[1].data.map(Math.exp).reduce((a: number, b: number) => a + b)
    // Softmax of the logits, in float32.
    for (const [i, p] of probabilities.entries())
      expect(p).toBeCloseTo(Math.exp(head.outputs[1].data[i]) / total, 5)
  })

  it('"binary_data_output": all outputs, unless one says otherwise', async () => {
    const outputs = [{ name: 'logits' }, { name: 'cam_weights', parameters: { binary_data: false } }]
    const all = { ...parameters, binary_data_output: true }
    const { head, binary } = await read(
      await postBinary({ inputs: [binaryInput], outputs, parameters: all }, bytes),
    )
    expect(head.outputs[0].parameters).toEqual({ binary_data_size: 16 })
    expect(head.outputs[1].data).toHaveLength(4 * 8)
    expect(binary.length).toBe(16)
  })

  it('a JSON request may ask for binary outputs', async () => {
    const { binary } = await read(
      await post({ inputs: [input], parameters: { ...parameters, binary_data_output: true } }),
    )
    expect(binary.length).toBe(4 * (4 + 4 + 400 + 800 + 32))
  })

  it.each([
    ['fewer bytes than it says', { inputs: [binaryInput], parameters }, bytes.subarray(1), {}],
    ['more bytes than it says', { inputs: [binaryInput], parameters }, new Uint8Array(PIXELS + 1), {}],
    [
      'a size that is not the shape’s',
      { inputs: [{ ...binaryInput, parameters: { binary_data_size: 8 } }], parameters },
      new Uint8Array(8),
      {},
    ],
    [
      'a header length beyond the body',
      { inputs: [binaryInput], parameters },
      bytes,
      { 'inference-header-content-length': '999999' },
    ],
    [
      'a header length that is no number',
      { inputs: [binaryInput], parameters },
      bytes,
      { 'inference-header-content-length': '-1' },
    ],
  ])('refuses %s', async (_, json, binary, headers) => {
    await expectError(await postBinary(json, binary, headers), 400)
  })
})

describe('extension_model_repository', () => {
  it('index, unload, load', async () => {
    const call = (path: string) => server.fetch(`/v2/repository/${path}`, { method: 'POST' })
    const index = async () =>
      (await (await call('index')).json()) as { name: string; version: string; state: string }[]
    const row = { name: 'other', version: '1', state: 'READY', reason: '' }
    expect(await index()).toContainEqual(row)
    expect((await call('models/other/unload')).status).toBe(200)
    expect(await index()).not.toContainEqual(row)
    await expectError(await server.fetch('/v2/models/other/ready'), 404)
    await expectError(await call('models/other/unload'), 404)
    expect((await call('models/other/load')).status).toBe(200)
    expect((await server.fetch('/v2/models/other/ready')).status).toBe(200)
    await expectError(await call('models/..%2Fother/load'), 404)
  })
})

it('/ping answers 200 once it is ready', async () => {
  expect((await server.fetch('/ping')).status).toBe(200)
})
