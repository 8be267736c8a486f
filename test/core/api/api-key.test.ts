import { API_KEY, keyHasher, keyring } from '@detl/core/api/api-key'
import { describe, expect, it } from 'vitest'

const keys = keyring('a pepper for tests only')

describe('an API key', () => {
  it('says its mode, account and id, and is known by its hash', async () => {
    const issued = await keys.issue({ mode: 'live', account: 'clinic' })
    expect(issued.key).toMatch(API_KEY)
    expect(issued.key.startsWith(`detl_live_clinic_${issued.id}_`)).toBe(true)
    expect(await keys.read(issued.key)).toEqual({ mode: 'live', account: 'clinic', id: issued.id })
    expect(await keyHasher('a pepper for tests only')(issued.key)).toBe(issued.hash)
    expect(issued.hash).toMatch(/^[0-9a-f]{64}$/)
  })

  it('is another one each time', async () => {
    const made = await Promise.all(
      Array.from({ length: 50 }, () => keys.issue({ mode: 'test', account: 'abc' })),
    )
    expect(new Set(made.map(({ key }) => key)).size).toBe(50)
  })

  it('does not read with any one character changed, nor in another service', async () => {
    const { key } = await keys.issue({ mode: 'test', account: 'clinic' })
    for (let i = 'detl_test_'.length; i < key.length; i++) {
      const other = key[i] === 'x' ? 'y' : 'x'
      expect(await keys.read(key.slice(0, i) + other + key.slice(i + 1))).toBeUndefined()
    }
    expect(await keys.read(key.replace('_test_', '_live_'))).toBeUndefined()
    expect(await keyring('another pepper, of another service').read(key)).toBeUndefined()
  })

  it.each(['ab', 'A-b', 'with_underscore', 'x'.repeat(25), ''])(
    'is not issued for the account id %j',
    async (account) => {
      await expect(keys.issue({ mode: 'live', account })).rejects.toThrow(RangeError)
    },
  )
})
