import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AppError } from '@detl/core/api/problem'
import { selectBackend } from '@detl/train/backend/select'
import { configOf, type RunFlags } from '@detl/train/commands/flags'
import { trainStage } from '@detl/train/loop'
import { detl12 } from '@detl/train/model/detl12'
import { prepareRun } from '@detl/train/open-run'
import { afterAll, describe, expect, it } from 'vitest'
import { defaults } from '../../train/configs/default.ts'
import { writePhantomClasses } from './phantom-classes.ts'
import { quickStage, squares } from './tiny-set.ts'

const dir = mkdtempSync(join(tmpdir(), 'detl-config-'))
afterAll(() => rmSync(dir, { recursive: true }))

const flags = (changes: Partial<RunFlags>): RunFlags => ({
  data: '',
  cache: '',
  out: '',
  config: 'default',
  protocol: 'grouped',
  splitSeed: 1,
  resume: false,
  restart: false,
  ...changes,
})
const file = (name: string, text: string) => {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}

describe('a recipe of one’s own', () => {
  it('is what differs from a named one, as JSON or as a module; flags come after it', async () => {
    const json = file(
      'site.json',
      '{"base": "default", "size": 96, "transfer": {"epochs": 7, "patience": 2}}',
    )
    const config = await configOf(flags({ config: json, batchSize: 4 }))
    expect(config).toEqual({
      ...defaults,
      name: 'site',
      size: 96,
      pretrain: { ...defaults.pretrain, batchSize: 4 },
      transfer: { ...defaults.transfer, epochs: 7, patience: 2, batchSize: 4 },
    })
    const module = file('other.mjs', 'export default { name: "mine", transfer: { learningRate: 0.002 } }')
    expect(await configOf(flags({ config: module }))).toMatchObject({
      name: 'mine',
      transfer: { learningRate: 0.002 },
    })
  })

  it('names every field that no recipe has, and every one of another type', async () => {
    const wrong = file('wrong.json', '{"sise": 96, "seed": "one", "transfer": {"epoch": 7}}')
    await expect(configOf(flags({ config: wrong }))).rejects.toThrow(
      /no setting sise; .*seed is "one", not a number; there is no setting transfer\.epoch; there are epochs/,
    )
    await expect(configOf(flags({ config: 'nothing' }))).rejects.toThrow(/no recipe: smoke, default/)
    await expect(configOf(flags({ config: file('cut.json', '{"base": ') }))).rejects.toThrow(
      /cut.json is no JSON/,
    )
  })

  it.each([
    [{ epochs: 0 }, ['pretrain.epochs', 'transfer.epochs']],
    [{ batchSize: 0 }, ['pretrain.batchSize', 'transfer.batchSize']],
    [{ patience: 0 }, ['pretrain.patience']],
    [{ size: 32 }, ['size: 32; detl12 takes 36 or more']],
    [{ size: 100, config: 'mobilenet' }, ['size: 100; mobilenet-v2 takes multiples of 32']],
    [{ size: 4096 }, ['size']],
    [
      '{"architecture": "resnet", "transfer": {"epochs": 1.5, "learningRate": 1e999, "keep": "best", "optimizer": {"kind": "adamw"}, "augment": {"blur": 7}}}',
      [
        'architecture',
        'transfer.epochs',
        'transfer.learningRate',
        'transfer.keep',
        'transfer.optimizer',
        'transfer.augment.blur',
      ],
    ],
  ])('is refused before anything is written where it cannot be trained with: %j', async (given, named) => {
    const asked = typeof given === 'string' ? { config: file('odd.json', given) } : given
    const error = await configOf(flags(asked)).then(undefined, (e: unknown) => e as AppError)
    expect(error).toMatchObject({ code: 'request-invalid' })
    for (const one of named) expect((error as AppError).detail).toContain(one)
  })
})

describe('patience', () => {
  it('ends a stage so many epochs after its best one, and keeps that', async () => {
    await selectBackend()
    const set = squares(16, 36, 1)
    const model = detl12({ size: 36, classes: 2, seed: 1 })
    // At such a rate nothing gets better after the first epochs.
    const stage = { ...quickStage, epochs: 30, learningRate: 0.2, patience: 2 }
    const options = { seed: 1, dir: join(dir, 'stage'), resume: false, fresh: true, identity: 'x' }
    const { history, bestEpoch } = await trainStage(model, { train: set, validation: set }, stage, options)
    expect(history.length).toBeLessThan(30)
    expect(history.length - bestEpoch).toBe(2)
  })
})

describe('data without Data-A', () => {
  it('are refused before an image is read where the run begins with pretraining, and the way out is named', async () => {
    const data = join(dir, 'data')
    await writePhantomClasses(data, [
      { label: 'normal', lesions: [], count: 16 },
      { label: 'tb', lesions: ['nodule'], count: 16 },
    ])
    const options = {
      config: defaults,
      data,
      cache: join(dir, 'cache'),
      out: join(dir, 'run'),
      protocol: 'grouped',
      resume: false,
      splitSeed: 1,
      needsDataA: true,
    } as const
    await expect(prepareRun(options, await selectBackend())).rejects.toThrow('add --from-scratch')
    expect(existsSync(join(dir, 'cache'))).toBe(false)
  })
})
