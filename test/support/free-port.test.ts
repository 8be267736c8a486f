import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { freePort } from './free-port.ts'

const SOURCE = fileURLToPath(new URL('free-port.ts', import.meta.url))

describe('freePort', () => {
  it('gives no port twice, to no process of this machine, though nothing listens yet', async () => {
    const first = await freePort()
    const range = [first, first + 4] as const
    const given = [first]
    for (;;) {
      const next = await freePort(range).catch(() => undefined)
      if (next === undefined) break
      given.push(next)
    }
    expect(new Set(given).size).toBe(given.length)
    const other = `
      const { freePort } = await import(${JSON.stringify(SOURCE)})
      console.log(await freePort(${JSON.stringify(range)}).catch((error) => error.message))`
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', other], { encoding: 'utf8' })
    expect(stdout.trim()).toBe(`no free port in ${range[0]} … ${range[1] - 1}`)
  })
})
