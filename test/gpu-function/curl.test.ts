/**
 * Clients that are not ours: curl with the specification's example requests, and a call signed by openssl.
 */
import { execFile, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { KEYS } from '../support/gpu-client.ts'
import { gpuServer } from '../support/gpu-server.ts'

const has = (command: string, flag: string) => spawnSync(command, [flag]).status === 0
const run = promisify(execFile)
const curl = async (...args: string[]) => (await run('curl', ['-sS', '--max-time', '20', ...args])).stdout

const data = Array.from({ length: 32 * 32 }, (_, i) => i % 256)
const parameters = { preprocess: 'cxr-grey@2/32' }
const outputs = [{ name: 'probabilities' }]
const json = JSON.stringify({
  id: '42',
  inputs: [{ name: 'image', shape: [1, 1, 32, 32], datatype: 'UINT8', data }],
  outputs,
  parameters,
})

describe.skipIf(!has('curl', '--version'))('curl', () => {
  const open = gpuServer({ keys: 'none' })

  it('sends the example of "Inference Request Examples", with our tensors', async () => {
    const answer = JSON.parse(
      await curl('-H', 'Content-Type: application/json', '-d', json, `${open.url}/v2/models/detl/infer`),
    )
    expect(answer).toMatchObject({ model_name: 'detl', id: '42' })
    expect(answer.outputs[0]).toMatchObject({ name: 'probabilities', datatype: 'FP32', shape: [1, 4] })
    expect(answer.outputs[0].data.reduce((a: number, b: number) => a + b)).toBeCloseTo(1, 5)
  })

  it('sends the example of extension_binary_data and saves the bytes', async () => {
    const head = JSON.stringify({
      model_name: 'detl',
      inputs: [
        { name: 'image', shape: [1, 1, 32, 32], datatype: 'UINT8', parameters: { binary_data_size: 1024 } },
      ],
      outputs: [{ name: 'probabilities', parameters: { binary_data: true } }],
      parameters,
    })
    const body = join(open.models.root, 'request.bin')
    const saved = join(open.models.root, 'answer.bin')
    writeFileSync(body, Buffer.concat([Buffer.from(head), Buffer.from(data)]))
    const headers = await curl(
      '-D',
      '-',
      '-o',
      saved,
      '-H',
      'Content-Type: application/octet-stream',
      '-H',
      `Inference-Header-Content-Length: ${head.length}`,
      '--data-binary',
      `@${body}`,
      `${open.url}/v2/models/detl/infer`,
    )
    const length = Number(/inference-header-content-length: (\d+)/i.exec(headers)?.[1])
    const content = Number(
      /content-length: (\d+)/i.exec(headers.replace(/inference-header-content-length.*/i, ''))?.[1],
    )
    expect(content).toBe(length + 16)
  })

  it('reads health, metadata and an error', async () => {
    const status = await curl('-o', '/dev/null', '-w', '%{http_code}', `${open.url}/v2/health/ready`)
    expect(status).toBe('200')
    expect(JSON.parse(await curl(`${open.url}/v2/models/detl`)).inputs[0].name).toBe('image')
    expect(JSON.parse(await curl('-d', '{', `${open.url}/v2/models/detl/infer`)).error).toContain('JSON')
  })
})

describe.skipIf(!has('curl', '--version') || !has('openssl', 'version'))(
  'a call signed by openssl (RFC 9421, 3.3.3)',
  () => {
    const server = gpuServer()

    it('is let in', async () => {
      const digest = await openssl(json, '-sha256', '-binary')
      const created = Math.floor(Date.now() / 1000)
      const params = `("@method" "@path" "@query" "content-digest" "content-type");created=${created};nonce="${Math.random()}";keyid="new";alg="hmac-sha256"`
      const base = [
        '"@method": POST',
        '"@path": /v2/models/detl/infer',
        '"@query": ?',
        `"content-digest": sha-256=:${digest}:`,
        '"content-type": application/json',
        `"@signature-params": ${params}`,
      ].join('\n')
      const hexKey = Buffer.from(KEYS[0]!.secret).toString('hex')
      const signature = await openssl(
        base,
        '-sha256',
        '-mac',
        'HMAC',
        '-macopt',
        `hexkey:${hexKey}`,
        '-binary',
      )
      const call = [
        ...['-H', 'Content-Type: application/json'],
        ...['-H', `Content-Digest: sha-256=:${digest}:`],
        ...['-H', `Signature-Input: mine=${params}`],
        ...['-H', `Signature: mine=:${signature}:`],
        ...['-w', '%{http_code}', '-o', '/dev/null', '-d', json],
        `${server.url}/v2/models/detl/infer`,
      ]
      expect(await curl(...call)).toBe('200')
      expect(await curl(...call)).toBe('401') // the same call once more
    })
  },
)

async function openssl(input: string, ...args: string[]): Promise<string> {
  const child = run('openssl', ['dgst', ...args], { encoding: 'buffer' })
  child.child.stdin?.end(input)
  return (await child).stdout.toString('base64')
}
