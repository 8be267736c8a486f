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
const OUTPUTS = ['logits', 'probabilities', 'cam', 'feature_maps', 'cam_weights']
const data = Array.from({ length: PIXELS }, (_, i) => (i * 7) % 256)
const parameters = { preprocess: 'cxr-grey@2/32' }
const input = { name: 'image', shape: [1, 1, 32, 32], datatype: 'UINT8', data }

const post = (body: unknown, path = '/v2/models/detl/infer') =>
  server.fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
const metadataTensor = z.strictObject({ name: z.string(), datatype: z.string(), shape: z.array(z.int()) })
const responseOutput = z.strictObject({
  name: z.string(),
  shape: z.array(z.int().nonnegative()),
  datatype: z.string(),
  parameters: z.record(z.string(), z.unknown()).optional(),
  data: z.array(z.number()),
})
const inferenceResponse = z.strictObject({
  model_name: z.string(),
  model_version: z.string().optional(),
  id: z.string().optional(),
  parameters: z.record(z.string(), z.unknown()).optional(),
  outputs: z.array(responseOutput),
})
const errorResponse = z.object({ error: z.string().min(1) })

async function expectError(response: Response, status: number): Promise<string> {
  expect(response.status).toBe(status)
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  return errorResponse.parse(await response.json()).error
}

describe('Health', () => {
  it('Server Live: $live_server_response', async () => {
    const response = await server.fetch('/v2/health/live')
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ live: true })
  })

  it('Server Ready: $ready_server_response once all models are ready', async () => {
    const response = await server.fetch('/v2/health/ready')
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ live: true })
  })

  it.each(['/v2/models/detl/ready', '/v2/models/detl/versions/1/ready'])(
    'Model Ready: $ready_model_response at %s',
    async (path) => {
      const response = await server.fetch(path)
      expect(response.status).toBe(200)
      expect(await response.json()).toEqual({ name: 'detl', ready: true })
    },
  )
})

describe('Server Metadata', () => {
  it.each(['/v2', '/v2/'])('$metadata_server_response at %s', async (path) => {
    const response = await server.fetch(path)
    expect(response.status).toBe(200)
    const schema = z.strictObject({ name: z.string(), version: z.string(), extensions: z.array(z.string()) })
    // extension_binary_data: "reports binary_tensor_data in the extensions field of its Server Metadata".
    expect(schema.parse(await response.json()).extensions).toContain('binary_tensor_data')
  })
})

describe('Model Metadata', () => {
  it('$metadata_model_response: names, versions, platform, tensors with −1 for the variable axis', async () => {
    const response = await server.fetch('/v2/models/detl')
    expect(response.status).toBe(200)
    const schema = z.strictObject({
      name: z.literal('detl'),
      versions: z.array(z.string()),
      platform: z.string(),
      inputs: z.array(metadataTensor),
      outputs: z.array(metadataTensor),
      parameters: z.record(z.string(), z.unknown()),
    })
    const metadata = schema.parse(await response.json())
    expect(metadata.versions.sort()).toEqual(['1', '2'])
    expect(metadata.inputs).toEqual([{ name: 'image', datatype: 'UINT8', shape: [-1, 1, 32, 32] }])
    expect(metadata.outputs.map(({ name, datatype }) => [name, datatype])).toEqual(
      OUTPUTS.map((name) => [name, 'FP32']),
    )
    expect(metadata.outputs[2]?.shape).toEqual([-1, 4, 10, 10])
  })

  it('takes the version from the path', async () => {
    const response = await server.fetch('/v2/models/detl/versions/1')
    expect(await response.json()).toMatchObject({ name: 'detl', parameters: { version: '1' } })
  })

  it.each(['/v2/models/none', '/v2/models/detl/versions/3'])(
    '$metadata_model_error_response for %s',
    async (path) => {
      await expectError(await server.fetch(path), 404)
    },
  )
})

describe('Inference', () => {
  it('$inference_response: the model, its version, every output when none is named, data flat and row-major', async () => {
    const response = await post({ inputs: [input], parameters })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    const answer = inferenceResponse.parse(await response.json())
    expect(answer).toMatchObject({ model_name: 'detl', model_version: '2' })
    expect(answer.outputs.map(({ name }) => name)).toEqual(OUTPUTS)
    for (const output of answer.outputs)
      expect(output.data).toHaveLength(output.shape.reduce((a, b) => a * b))
  })

  it('"id": "if specified this identifier must be returned in the response"', async () => {
    const answer = inferenceResponse.parse(
      await (await post({ id: '42', inputs: [input], parameters })).json(),
    )
    expect(answer.id).toBe('42')
    const without = inferenceResponse.parse(await (await post({ inputs: [input], parameters })).json())
    expect(without.id).toBeUndefined()
  })

  it('"outputs": only those that are requested, in that order', async () => {
    const outputs = [{ name: 'cam' }, { name: 'logits' }]
    const answer = inferenceResponse.parse(
      await (await post({ inputs: [input], outputs, parameters })).json(),
    )
    expect(answer.outputs.map(({ name }) => name)).toEqual(['cam', 'logits'])
  })

  it('a version in the path is the one that answers', async () => {
    const response = await post({ inputs: [input], parameters }, '/v2/models/detl/versions/1/infer')
    expect(await response.json()).toMatchObject({ model_version: '1' })
  })

  it('Request Input: "the shape and data must represent the full shape and contents of the entire batch"', async () => {
    const one = inferenceResponse.parse(
      await (await post({ inputs: [input], outputs: [{ name: 'probabilities' }], parameters })).json(),
    )
    const black = { ...input, data: new Array(PIXELS).fill(0) }
    const other = inferenceResponse.parse(
      await (await post({ inputs: [black], outputs: [{ name: 'probabilities' }], parameters })).json(),
    )
    const both = { ...input, shape: [3, 1, 32, 32], data: [...black.data, ...data, ...black.data] }
    const batch = inferenceResponse.parse(
      await (await post({ inputs: [both], outputs: [{ name: 'probabilities' }], parameters })).json(),
    )
    expect(batch.outputs[0]?.shape).toEqual([3, 4])
    expect(batch.outputs[0]?.data.slice(4, 8)).toEqual(one.outputs[0]?.data)
    expect(batch.outputs[0]?.data.slice(8)).toEqual(other.outputs[0]?.data)
  })

  it('Tensor Data: nested arrays mean the same as flat ones', async () => {
    const rows = Array.from({ length: 32 }, (_, y) => data.slice(y * 32, y * 32 + 32))
    const nested = { ...input, data: [[rows]] }
    const body = (x: object) => ({ inputs: [x], outputs: [{ name: 'logits' }], parameters })
    const [flat, deep] = await Promise.all([post(body(input)), post(body(nested))])
    expect(inferenceResponse.parse(await deep.json()).outputs).toEqual(
      inferenceResponse.parse(await flat.json()).outputs,
    )
  })

  it('another model answers for itself', async () => {
    expect(
      await (await post({ inputs: [input], parameters }, '/v2/models/other/infer')).json(),
    ).toMatchObject({ model_name: 'other' })
  })
})

describe('Inference Response JSON Error Object', () => {
  it.each([
    ['no such model', { inputs: [input], parameters }, '/v2/models/none/infer', 404],
    ['no such version', { inputs: [input], parameters }, '/v2/models/detl/versions/9/infer', 404],
    ['no inputs', { parameters }, undefined, 400],
    ['another input name', { inputs: [{ ...input, name: 'x' }], parameters }, undefined, 400],
    ['one input too many', { inputs: [input, { ...input, name: 'x' }], parameters }, undefined, 400],
    [
      'an output that is not there',
      { inputs: [input], outputs: [{ name: 'x' }], parameters },
      undefined,
      400,
    ],
    ['another datatype', { inputs: [{ ...input, datatype: 'FP32' }], parameters }, undefined, 400],
    ['another size', { inputs: [{ ...input, shape: [1, 1, 16, 64] }], parameters }, undefined, 400],
    ['one axis less', { inputs: [{ ...input, shape: [32, 32] }], parameters }, undefined, 400],
    [
      'an empty batch',
      { inputs: [{ ...input, shape: [0, 1, 32, 32], data: [] }], parameters },
      undefined,
      400,
    ],
    [
      'a batch above the largest',
      { inputs: [{ ...input, shape: [5, 1, 32, 32], data: Array(5).fill(data).flat() }], parameters },
      undefined,
      400,
    ],
    [
      'data shorter than the shape',
      { inputs: [{ ...input, data: data.slice(1) }], parameters },
      undefined,
      400,
    ],
    [
      'data that are no numbers',
      { inputs: [{ ...input, data: data.map(String) }], parameters },
      undefined,
      400,
    ],
    [
      'NaN, as JSON writes it',
      { inputs: [{ ...input, data: data.map(() => Number.NaN) }], parameters },
      undefined,
      400,
    ],
    [
      'a tensor of another preprocessing',
      { inputs: [input], parameters: { preprocess: 'cxr-grey@2/64' } },
      undefined,
      409,
    ],
    ['a tensor that does not say how it was made', { inputs: [input] }, undefined, 409],
  ])('%s', async (_, body, path, status) => {
    await expectError(await post(body, path), status)
  })

  it('names both preprocess specs when they differ', async () => {
    const error = await expectError(
      await post({ inputs: [input], parameters: { preprocess: 'cxr-grey@9/64' } }),
      409,
    )
    expect(error).toContain('cxr-grey@9/64')
    expect(error).toContain('cxr-grey@2/32')
  })

  it('is JSON for a body that is none, for an unknown path and for a wrong method', async () => {
    await expectError(await server.fetch('/v2/models/detl/infer', { method: 'POST', body: 'no json' }), 400)
    await expectError(await server.fetch('/v2/models'), 404)
    await expectError(await server.fetch('/v2/models/detl/infer'), 404)
  })
})
