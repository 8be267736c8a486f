import { DEFAULTS, parseEnv } from '@detl/gpu-function/env'
import { describe, expect, it } from 'vitest'
import { KEYS, KEYS_TEXT } from '../support/gpu-client.ts'

describe('the environment', () => {
  it('needs nothing but keys', () => {
    expect(parseEnv({ DETL_SIGNING_KEYS: KEYS_TEXT }, [])).toEqual({
      ...DEFAULTS,
      modelsDir: 'models',
      keys: KEYS,
      host: '127.0.0.1',
      port: 8001,
      requireGpu: false,
    })
  })

  it('gives way to the command line', () => {
    const env = { DETL_SIGNING_KEYS: KEYS_TEXT, PORT: '9000', MODELS_DIR: 'a' }
    const options = parseEnv(env, [
      '--port',
      '9001',
      '--models',
      'b',
      '--require',
      'gpu',
      '--provider',
      'tensorrt',
    ])
    expect(options).toMatchObject({ port: 9001, modelsDir: 'b', requireGpu: true, provider: 'tensorrt' })
  })

  it('takes an empty variable for one that is not set', () => {
    expect(parseEnv({ DETL_SIGNING_KEYS: KEYS_TEXT, PORT: '' }, []).port).toBe(8001)
  })

  it.each([
    ['no keys', {}, []],
    ['a port that is none', { DETL_SIGNING_KEYS: KEYS_TEXT, PORT: '70000' }, []],
    ['another requirement than a GPU', { DETL_SIGNING_KEYS: KEYS_TEXT }, ['--require', 'tpu']],
    ['an unknown flag', { DETL_SIGNING_KEYS: KEYS_TEXT }, ['--prot', '1']],
    ['unsigned calls from other machines', { DETL_AUTH: 'none', HOST: '0.0.0.0' }, []],
    [
      'a metrics token that can be guessed',
      { DETL_SIGNING_KEYS: KEYS_TEXT, DETL_METRICS_TOKEN: 'short' },
      [],
    ],
  ])('is refused with %s', (_, env, argv) => {
    expect(() => parseEnv(env, argv)).toThrow(TypeError)
  })

  it('lets unsigned calls in on a loopback address when that is asked for', () => {
    expect(parseEnv({ DETL_AUTH: 'none' }, []).keys).toBe('none')
  })
})
