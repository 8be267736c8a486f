import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readCheckpoint } from '@detl/train/checkpoint'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { detl } from '../support/detl-process.ts'
import { writePhantomData } from './phantom-data.ts'

const dir = mkdtempSync(join(tmpdir(), 'detl-checkpoints-'))
const [data, out] = [join(dir, 'data'), join(dir, 'run')]
const checkpoint = join(out, 'pretrain', 'checkpoint.bin')
beforeAll(() => writePhantomData(data))
afterAll(() => rmSync(dir, { recursive: true }))

/** Epochs enough that a run lives until it is ended, few enough that it can be let run to its end. */
const EPOCHS = 12
const pretrain = (...flags: string[]) =>
  detl([
    ...['train', 'pretrain', '--data', data, '--out', out, '--cache', join(dir, 'cache')],
    ...['--config', 'smoke', '--size', '36', '--epochs', `${EPOCHS}`, ...flags],
  ])
const refused = async (...flags: string[]) => {
  const child = pretrain(...flags)
  expect(await child.exit).not.toBe(0)
  return child.output()
}
/** Turns one bit in each of `count` bytes from `at` on. */
const changed = (bytes: Buffer, at: number, count: number): Buffer => {
  const copy = Buffer.from(bytes)
  for (let i = at; i < at + count; i++) copy[i]! ^= 1
  return copy
}

describe('a run that was killed', { timeout: 180_000 }, () => {
  let whole: Buffer

  it('keeps others out while it lives, and its folder is free once it is dead', async () => {
    const first = pretrain()
    await first.line(/epoch 1: loss/)
    const { pid } = JSON.parse(readFileSync(join(out, 'lock'), 'utf8')) as { pid: number }
    process.kill(pid, 'SIGSTOP') // it lives, and waits
    expect(await refused('--resume')).toMatch(/run is in use by process \d+ on .*wait for it or end it/)
    await first.stop('SIGKILL')
    whole = readFileSync(checkpoint)
    expect(existsSync(join(out, 'lock'))).toBe(true) // there was nobody to remove it
  })

  it('is not started anew over its checkpoint without being told so', async () => {
    expect(await refused()).toContain('go on from it with --resume, or start anew with --restart')
    expect(readFileSync(checkpoint).equals(whole)).toBe(true)
  })

  it('is not continued from a checkpoint of which six bytes have changed, wherever they are, or that is cut short', async () => {
    writeFileSync(checkpoint, changed(whole, whole.length - 5000, 6)) // in the weights
    expect(await refused('--resume')).toMatch(/checkpoint.bin is damaged.*--restart/)
    const read = (bytes: Uint8Array) => {
      writeFileSync(checkpoint, bytes)
      return () => readCheckpoint(join(out, 'pretrain'), 'any')
    }
    expect(read(whole)).toThrow('another configuration')
    for (const at of [60, whole.length - 20]) // in the header, in the digest itself
      expect(read(changed(whole, at, 6))).toThrow('checkpoint.bin is damaged')
    const cut = whole.subarray(0, -100)
    expect(read(cut)).toThrow(`it has ${cut.length} bytes and was written with ${whole.length}`)
    expect(read(whole.subarray(0, 10))).toThrow('no checkpoint of this version')
  })

  it('goes on from the whole checkpoint, and starts anew with --restart', async () => {
    writeFileSync(checkpoint, whole)
    const resumed = pretrain('--resume')
    expect(await resumed.exit).toBe(0)
    expect(resumed.output()).not.toMatch(/epoch 1: loss/)
    expect(existsSync(join(out, 'lock'))).toBe(false)
    const unbroken = readFileSync(join(out, 'pretrain', 'best', 'weights.bin'))

    const anew = pretrain('--restart')
    expect(await anew.exit).toBe(0)
    expect(anew.output()).toMatch(/epoch 1: loss/)
    expect(readFileSync(join(out, 'pretrain', 'best', 'weights.bin')).equals(unbroken)).toBe(true)
  })

  it('is not built upon where its weights have changed', async () => {
    const weights = join(out, 'pretrain', 'best', 'weights.bin')
    writeFileSync(weights, changed(readFileSync(weights), 1000, 6))
    const transfer = detl([
      ...['train', 'transfer', '--data', data, '--out', out, '--cache', join(dir, 'cache')],
      ...['--config', 'smoke', '--size', '36', '--epochs', `${EPOCHS}`],
    ])
    expect(await transfer.exit).not.toBe(0)
    expect(transfer.output()).toContain('are damaged or of another model')
  })
})
