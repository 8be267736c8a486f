import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readFolder } from '@detl/train/data/sources/folder'
import type { Report } from '@detl/train/evaluate/report'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { detl } from '../support/detl-process.ts'
import { sharedDir } from '../support/shared.ts'

const cxr = join(sharedDir(), 'cxr')
const COLUMNS =
  'file,dataset,patient_id,group_id,view,finding,class_a,class_b,age,sex,width,height,src_width,src_height,sha256,license'
/** Groups of each dataset and class: enough for five folds, few enough for a minute. */
const GROUPS = 24

/**
 * The whole method on real X-rays, through the commands that a user types. It shows that everything works together, not
 * how well: 48 × 48 pixels, one epoch a stage. Skipped where the images are not there.
 */
describe.skipIf(!existsSync(cxr))('the whole method on a few hundred real X-rays', () => {
  const dir = mkdtempSync(join(tmpdir(), 'detl-xrays-'))
  const [data, run, model] = [join(dir, 'data'), join(dir, 'run'), join(dir, 'model')]
  afterAll(() => rmSync(dir, { recursive: true }))
  let someImage = ''

  beforeAll(() => {
    symlinkSync(cxr, join(dir, 'cxr'))
    const groupsOf = new Map<string, Set<string>>()
    const chosen = readFolder(cxr).records.filter((r) => {
      if (r.dataset === 'nih64') return false
      const cell = `${r.dataset}/${r.classA}/${r.classB}`
      const groups = groupsOf.get(cell) ?? groupsOf.set(cell, new Set()).get(cell)!
      if (groups.size < GROUPS) groups.add(r.group)
      return groups.has(r.group)
    })
    someImage = chosen[0]!.path
    const lines = chosen.map((r) =>
      [
        `../cxr/${r.file}`,
        r.dataset,
        r.patient,
        r.group,
        r.view,
        r.finding,
        r.classA,
        r.classB,
        r.age,
        r.sex,
        r.width,
        r.height,
        r.sourceWidth,
        r.sourceHeight,
        r.sha256,
        `"${r.licence}"`,
      ].join(','),
    )
    mkdirSync(data)
    writeFileSync(join(data, 'manifest.csv'), [COLUMNS, ...lines].join('\n'))
    const boxes = readFileSync(join(cxr, 'nih_boxes.csv'), 'utf8')
    writeFileSync(join(data, 'nih_boxes.csv'), boxes.replaceAll('images/', '../cxr/images/'))
  })

  const cache = join(dir, 'cache')
  const done = async (...args: string[]) => {
    const child = detl(args)
    if ((await child.exit) !== 0) throw new Error(`detl ${args.join(' ')}:\n${child.output()}`)
    return child.output()
  }

  it('pretrains, transfers, evaluates, exports, verifies and screens', { timeout: 240_000 }, async () => {
    const common = ['--data', data, '--out', run, '--cache', cache]
    const quick = ['--config', 'smoke', '--size', '48', '--epochs', '1', '--folds', '0']
    await done('train', 'crossval', ...common, ...quick)
    const report = JSON.parse(readFileSync(join(run, 'report', 'report.json'), 'utf8')) as Report
    expect(report.model.classes.map((c) => c.n > 0)).toEqual([true, true, true, true])
    expect(report.shortcuts.map((s) => s.name)).toContain('metadata')
    expect(report.localisation!.pointing[0]!.model.n).toBeGreaterThan(0)
    expect(report.images.external).toBeGreaterThan(0)

    await done('train', 'artifact', ...common, '--name', 'smoke')
    await done('ship', run, '--out', model)
    expect(existsSync(join(model, 'report', 'report.html'))).toBe(true)
    expect(existsSync(join(model, 'report', 'gallery.html'))).toBe(false)
    await done('verify', join(run, 'fold-0', 'best', 'model.json'), join(model, 'model.onnx'))

    const said = await done('screen', someImage, '--json', '--model', model)
    const line = said.split('\n').find((text) => text.startsWith('{'))!
    const { probabilities } = JSON.parse(line) as { probabilities: Record<string, number> }
    expect(Object.values(probabilities).reduce((a, b) => a + b)).toBeCloseTo(1, 5)
  })
})
