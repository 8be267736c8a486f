import {
  decodeInferRequest,
  decodeInferResponse,
  encodeInferRequest,
  encodeInferResponse,
  parseHeaderLength,
} from '@detl/core/wire/oip'
import {
  DATATYPES,
  type Datatype,
  elementCount,
  float32Values,
  tensorFromJson,
  tensorToJson,
} from '@detl/core/wire/tensor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const image = (bytes: number[]) => ({
  name: 'image',
  datatype: 'UINT8' as const,
  shape: [1, 1, 2, bytes.length / 2],
  data: Uint8Array.from(bytes),
})
const code = (run: () => unknown): unknown => {
  try {
    run()
  } catch (error) {
    return (error as { code?: string }).code ?? error
  }
  return undefined
}

describe('an inference request', () => {
  it('comes back from its bytes as it was, tensors in place and the JSON part padded to four bytes', () => {
    const { body, headerLength } = encodeInferRequest({
      id: '42',
      inputs: [image([1, 2, 3, 4])],
      outputs: ['probabilities', 'cam'],
      parameters: { preprocess: 'cxr-grey@2/128' },
    })
    expect(headerLength % 4).toBe(0)
    expect(body.length).toBe(headerLength + 4)
    const request = decodeInferRequest(body, headerLength)
    expect(request).toEqual({
      id: '42',
      parameters: { preprocess: 'cxr-grey@2/128', binary_data_output: true },
      inputs: [image([1, 2, 3, 4])],
      outputs: [
        { name: 'probabilities', binary: true },
        { name: 'cam', binary: true },
      ],
      binaryOutput: true,
    })
    expect(request.inputs[0]!.data.buffer).toBe(body.buffer)
  })

  it('is refused when the bytes do not fit what the JSON part says', () => {
    const { body, headerLength } = encodeInferRequest({ inputs: [image([1, 2, 3, 4])] })
    expect(code(() => decodeInferRequest(body.subarray(0, body.length - 1), headerLength))).toBe(
      'request-invalid',
    )
    expect(code(() => decodeInferRequest(new Uint8Array([...body, 0]), headerLength))).toBe('request-invalid')
    expect(code(() => decodeInferRequest(body, headerLength - 1))).toBe('request-invalid')
    expect(code(() => decodeInferRequest(body, body.length + 1))).toBe('request-invalid')
    expect(code(() => decodeInferRequest(body, undefined))).toBe('request-invalid')
  })

  it.each([
    ['no inputs', { inputs: [] }],
    ['a negative dimension', { inputs: [{ name: 'x', shape: [-1], datatype: 'UINT8', data: [1] }] }],
    [
      'a shape of 2^60 elements',
      { inputs: [{ name: 'x', shape: [2 ** 30, 2 ** 30], datatype: 'UINT8', data: [1] }] },
    ],
    ['an unknown datatype', { inputs: [{ name: 'x', shape: [1], datatype: 'toString', data: [1] }] }],
    ['text as a tensor', { inputs: [{ name: 'x', shape: [1], datatype: 'BYTES', data: ['a'] }] }],
    ['a number out of range', { inputs: [{ name: 'x', shape: [1], datatype: 'UINT8', data: [256] }] }],
    ['a fraction as an integer', { inputs: [{ name: 'x', shape: [1], datatype: 'UINT8', data: [0.5] }] }],
    ['too few elements', { inputs: [{ name: 'x', shape: [3], datatype: 'UINT8', data: [1, 2] }] }],
    [
      'nesting that is not its shape',
      { inputs: [{ name: 'x', shape: [2, 2], datatype: 'UINT8', data: [[1, 2], 3, 4] }] },
    ],
    [
      'nesting deeper than its shape',
      { inputs: [{ name: 'x', shape: [1], datatype: 'UINT8', data: [[1]] }] },
    ],
    ['neither data nor a size', { inputs: [{ name: 'x', shape: [1], datatype: 'UINT8' }] }],
    [
      'both data and a size',
      {
        inputs: [
          { name: 'x', shape: [1], datatype: 'UINT8', data: [1], parameters: { binary_data_size: 1 } },
        ],
      },
    ],
    [
      'one input twice',
      { inputs: [1, 2].map(() => ({ name: 'x', shape: [1], datatype: 'UINT8', data: [1] })) },
    ],
    [
      'a classification of an output',
      {
        inputs: [{ name: 'x', shape: [1], datatype: 'UINT8', data: [1] }],
        outputs: [{ name: 'y', parameters: { classification: 2 } }],
      },
    ],
    [
      'a flag that is no boolean',
      {
        inputs: [{ name: 'x', shape: [1], datatype: 'UINT8', data: [1] }],
        parameters: { binary_data_output: 'yes' },
      },
    ],
  ])('is refused with %s', (_, body) => {
    expect(code(() => decodeInferRequest(json(body), undefined))).toBe('request-invalid')
  })

  it('of any bytes at all is either read or refused with request-invalid', () => {
    const { body, headerLength } = encodeInferRequest({ id: 'x', inputs: [image([1, 2, 3, 4])] })
    const damaged = fc
      .tuple(fc.nat(body.length - 1), fc.nat(255), fc.nat(body.length + 3))
      .map(([at, byte, length]) => {
        const copy = body.slice()
        copy[at] = byte
        return { copy, length }
      })
    fc.assert(
      fc.property(damaged, fc.boolean(), ({ copy, length }, shifted) => {
        const result = code(() => decodeInferRequest(copy, shifted ? length : headerLength))
        expect([undefined, 'request-invalid']).toContain(result)
      }),
    )
  })

  it('with a million open brackets is refused, not a stack overflow', () => {
    const body = new TextEncoder().encode('['.repeat(1e6))
    expect(code(() => decodeInferRequest(body, undefined))).toBe('request-invalid')
    const nested = `${'['.repeat(5e4)}1${']'.repeat(5e4)}`
    const deep = new TextEncoder().encode(
      `{"inputs":[{"name":"x","shape":[1],"datatype":"UINT8","data":${nested}}]}`,
    )
    expect(code(() => decodeInferRequest(deep, undefined))).toBe('request-invalid')
  })
})

describe('an inference answer', () => {
  const cam = {
    name: 'cam',
    datatype: 'FP32' as const,
    shape: [1, 2],
    data: new Uint8Array(new Float32Array([0.1, -2]).buffer),
  }

  it('gives back binary and JSON outputs in one body', () => {
    const { body, headerLength } = encodeInferResponse({
      modelName: 'detl',
      modelVersion: '3',
      id: 'a',
      outputs: [
        { tensor: cam, binary: true },
        { tensor: { ...cam, name: 'logits' }, binary: false },
      ],
    })
    const answer = decodeInferResponse(body, headerLength)
    expect(answer).toMatchObject({ modelName: 'detl', modelVersion: '3', id: 'a' })
    for (const output of answer.outputs) expect([...float32Values(output)]).toEqual([Math.fround(0.1), -2])
  })

  it('without binary outputs is plain JSON and has no header length', () => {
    const { body, headerLength } = encodeInferResponse({
      modelName: 'detl',
      outputs: [{ tensor: cam, binary: false }],
    })
    expect(headerLength).toBeUndefined()
    expect(JSON.parse(new TextDecoder().decode(body))).toEqual({
      model_name: 'detl',
      outputs: [{ name: 'cam', datatype: 'FP32', shape: [1, 2], data: [0.100000001, -2] }],
    })
  })

  it('that is something else is an upstream error', () => {
    expect(code(() => decodeInferResponse(json({ error: 'no' }), undefined))).toBe('upstream-invalid')
    expect(code(() => decodeInferResponse(new Uint8Array([0xff]), undefined))).toBe('upstream-invalid')
  })
})

describe('tensors as JSON', () => {
  const withJson = (Object.keys(DATATYPES) as Datatype[]).filter((d) => d !== 'FP16')

  it.each(withJson)('%s keeps its bytes through JSON, flat', (datatype) => {
    const { bytes } = DATATYPES[datatype]
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 6, maxLength: 6 }), (bits) => {
        const values = bits.map((bit) => (datatype === 'BOOL' ? bit === 1 : bit))
        const data = tensorFromJson(datatype, [2, 3], values, 'request-invalid')
        expect(data.length).toBe(6 * bytes)
        expect(tensorToJson({ name: 'x', datatype, shape: [2, 3], data })).toEqual(values)
      }),
      { numRuns: 20 },
    )
  })

  it('FP32 keeps every float through its JSON form', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const data = new Uint8Array(new Float32Array([value]).buffer)
        const [text] = JSON.parse(
          JSON.stringify(tensorToJson({ name: 'x', datatype: 'FP32', shape: [], data })),
        )
        expect(Math.fround(text)).toBe(value === 0 ? 0 : value)
      }),
    )
  })

  it('reads nested arrays row by row', () => {
    expect([
      ...tensorFromJson(
        'UINT8',
        [2, 2],
        [
          [1, 2],
          [3, 4],
        ],
        'request-invalid',
      ),
    ]).toEqual([1, 2, 3, 4])
  })

  it('counts a scalar as one element and an empty axis as none', () => {
    expect([elementCount([]), elementCount([3, 0])]).toEqual([1, 0])
  })

  it('does not write NaN as JSON', () => {
    const data = new Uint8Array(new Float32Array([Number.NaN]).buffer)
    expect(code(() => tensorToJson({ name: 'x', datatype: 'FP32', shape: [1], data }))).toBe('internal')
  })
})

it('reads a header length as a whole number only', () => {
  expect(parseHeaderLength(undefined)).toBeUndefined()
  expect(parseHeaderLength('12')).toBe(12)
  for (const bad of ['', '-1', '1e3', '12 ', '0x10'])
    expect(code(() => parseHeaderLength(bad))).toBe('request-invalid')
})
