/**
 * The packages for npm as others meet them: packed, installed into an empty project beside this checkout, and used by what their READMEs say.
 */
import { execFile, execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { codecs } from '@detl/codecs/modules'
import { DEFAULT_GATE } from '@detl/core/gate/chest-model'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { takeIn } from '@detl/core/intake/intake'
import { cxrGrey } from '@detl/core/preprocess/spec'
import * as tfl from '@tensorflow/tfjs-layers'
import { publint } from 'publint'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PACKAGES } from '../../deploy/npm/packages.ts'
import { saveToFolder } from '../export/harness.ts'
import { edgeApp } from '../support/edge-app.ts'
import { chestPng } from '../support/images.ts'
import { listen } from '../support/listen.ts'
import { inAPage } from './in-a-page.ts'
import { mapOverPicture } from './map-over-picture.ts'

const execute = promisify(execFile)
const ROOT = resolve(import.meta.dirname, '../..')
const work = mkdtempSync(join(tmpdir(), 'detl-packages-'))
const project = join(work, 'project')
const names = PACKAGES.map(({ room }) => `@detl/${room}`)
const tarballs: string[] = []
let png: Uint8Array<ArrayBuffer>
let jpeg: Uint8Array<ArrayBuffer>

/** A program in a folder, by default the project, with what it prints. */
async function run(
  program: string,
  args: readonly string[],
  { env = {}, cwd = project }: { env?: Record<string, string>; cwd?: string } = {},
) {
  const { stdout } = await execute(program, args, { cwd, env: { ...process.env, ...env } }).catch((error) => {
    throw new Error(`${error.message}\n${error.stdout}`)
  })
  return stdout
}

beforeAll(async () => {
  execFileSync(process.execPath, [join(ROOT, 'deploy/npm/pack.ts'), join(work, 'made')])
  mkdirSync(project)
  for (const { room } of PACKAGES) {
    const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', work], {
      cwd: join(work, 'made', room),
      encoding: 'utf8',
    })
    tarballs.push(join(work, (JSON.parse(packed) as { filename: string }[])[0]!.filename))
  }
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }')
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...tarballs])
  // What the example of the converter uses beside it is here already.
  for (const beside of ['onnxruntime-node', 'sharp'])
    symlinkSync(join(ROOT, 'node_modules', beside), join(project, 'node_modules', beside))
  await saveTinyModel(join(project, 'model'))
  png = await chestPng(1, 512)
  jpeg = new Uint8Array(await sharp(png).jpeg().toBuffer())
  writeFileSync(join(project, 'xray.png'), png)
  writeFileSync(join(project, 'xray.jpg'), jpeg)
}, 180_000)
afterAll(() => rm(work, { recursive: true }), 120_000)

/** A network that takes 32 × 32 pixels, as tfjs saves it. */
async function saveTinyModel(folder: string): Promise<void> {
  const model = tfl.sequential({
    layers: [
      tfl.layers.conv2d({
        name: 'maps',
        inputShape: [32, 32, 1],
        filters: 4,
        kernelSize: 3,
        activation: 'relu',
      }),
      tfl.layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }),
      tfl.layers.dense({ units: 2, activation: 'softmax' }),
    ],
  })
  cpSync(await saveToFolder(model), folder, { recursive: true })
}

/** What this checkout makes of the same bytes. */
async function tensorHere(bytes: Uint8Array): Promise<string> {
  const gate = { mode: 'report', spec: DEFAULT_GATE } as const
  const { preprocessed } = await takeIn(bytes, cxrGrey(128), gate, { limits: DEFAULT_LIMITS, codecs })
  return createHash('sha256').update(preprocessed.tensor).digest('hex')
}

/** The first example of a package's README, as a program. */
const example = (room: string): string =>
  /```js\n(.+?)```/s.exec(readFileSync(join(project, 'node_modules/@detl', room, 'README.md'), 'utf8'))![1]!

describe('a package', () => {
  it.each(names.map((name, i) => [name, i] as const))(
    '%s: publint and arethetypeswrong find nothing',
    async (name, i) => {
      const { messages } = await publint({ pkgDir: join(work, 'made', PACKAGES[i]!.room), strict: true })
      // Where the code lies is not known here: the workflow that publishes fills it in.
      expect(messages.filter(({ code }) => code !== ('USE_REPOSITORY' as string))).toEqual([])
      const checked = await checkPackage(
        createPackageFromTarballData(new Uint8Array(readFileSync(tarballs[i]!))),
        { excludeEntrypoints: [/\.wasm$/] },
      )
      const problems = 'problems' in checked ? checked.problems : ['no types']
      // ESM alone: `require` of a module is what Node 22 does itself, and resolution before `exports` is not served.
      const wanted = problems.filter(
        (problem) =>
          typeof problem === 'string' ||
          !('resolutionKind' in problem) ||
          (problem.resolutionKind !== 'node10' && problem.kind !== 'CJSResolvesToESM'),
      )
      expect(wanted, name).toEqual([])
    },
  )

  it('brings its licence, and nothing of the sources', () => {
    for (const name of names) {
      const folder = join(project, 'node_modules', name)
      expect(readdirSync(folder).toSorted()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json'])
    }
  })
})

describe('docs/packages.md', () => {
  it('is made from the docstrings (rewrite it with: npx vitest run --project node test/packages -u)', async () => {
    const page = join(work, 'packages.md')
    execFileSync(process.execPath, [join(ROOT, 'deploy/npm/reference.ts'), page])
    await expect(readFileSync(page, 'utf8')).toMatchFileSnapshot('../../docs/packages.md')
  })
})

describe('from an empty project', () => {
  /** This Node, and the one that the machine has beside it. */
  const runtimes = [...new Set([process.execPath, '/usr/bin/node', '/usr/local/bin/node'])].filter((path) => {
    try {
      return (
        Number(execFileSync(path, ['-p', 'process.versions.node.split(".")[0]'], { encoding: 'utf8' })) >= 20
      )
    } catch {
      return false
    }
  })

  it.each(runtimes)('the READMEs’ first examples run in Node (%s)', async (node) => {
    const edge = await edgeApp()
    const { url, stop } = await listen(edge)
    try {
      for (const { room } of PACKAGES) writeFileSync(join(project, `${room}.mjs`), example(room))
      expect(await run(node, ['core.mjs'])).toMatch(/^16384 [a-zX -]+\n$/)
      expect(await run(node, ['codecs.mjs'])).toMatch(/^\d+ \d+ [13]\n$/)
      expect(await run(node, ['export.mjs'])).toMatch(/^explained\.png: what maps saw for class [01]\n$/)
      const said = await run(node, ['client.mjs'], { env: { DETL_ENDPOINT: url, DETL_KEY: edge.key } })
      expect(said).toContain('covid19')
    } finally {
      await stop()
      await edge.stop()
    }
  })

  it('the tensor has the bits of the service', async () => {
    writeFileSync(
      join(project, 'both.mjs'),
      `import { createHash } from 'node:crypto'
       import { readFileSync } from 'node:fs'
       import { codecs } from '@detl/codecs'
       import { cxrGrey, preprocess } from '@detl/core'
       for (const file of ['xray.png', 'xray.jpg']) {
         const { tensor } = await preprocess(readFileSync(file), cxrGrey(128), { codecs })
         console.log(createHash('sha256').update(tensor).digest('hex'))
       }`,
    )
    const here = [await tensorHere(png), await tensorHere(jpeg)]
    expect((await run(process.execPath, ['both.mjs'])).trim().split('\n')).toEqual(here)
  })

  it('a file whose decoder is not there is refused by name', async () => {
    writeFileSync(
      join(project, 'without.mjs'),
      `import { readFileSync } from 'node:fs'
       import { AppError, cxrGrey, preprocess } from '@detl/core'
       await preprocess(readFileSync('xray.jpg'), cxrGrey(128)).catch((error) => console.log(error instanceof AppError, error.code, error.detail))`,
    )
    expect(await run(process.execPath, ['without.mjs'])).toMatch(/^true image-unsupported .*codecs\.jpeg/)
  })

  it.each(['nodenext', 'bundler'])(
    'TypeScript reads it with moduleResolution %s',
    async (moduleResolution) => {
      writeFileSync(
        join(project, 'use.ts'),
        `import { tensorClient, type Screened } from '@detl/client'
       import { convert, convertWithGradCam } from '@detl/export'
       import { readModel } from '@detl/export/node'
       import { codecs } from '@detl/codecs'
       import { cxrGrey, type Intake, preprocess } from '@detl/core'
       const { tensor, intake }: { tensor: Uint8Array; intake: Intake } = await preprocess(new Uint8Array(), cxrGrey(128), { codecs, gate: 'refuse' })
       const onnx: Uint8Array = await convert(readModel('model'), { opset: 18 })
       const { explained } = await convertWithGradCam(readModel('model'), { method: 'layercam' })
       // @ts-expect-error there is no such method
       await convertWithGradCam(readModel('model'), { method: 'scorecam' })
       // @ts-expect-error the size is a number
       cxrGrey('128')
       const client = await tensorClient({ endpoint: 'https://screening.example', key: 'detl_test_', codecs })
       const answer: Screened = await client.screen(tensor)
       export const said = [answer.label, intake.refusal?.code, onnx.length, explained]`,
      )
      const module = moduleResolution === 'nodenext' ? 'nodenext' : 'esnext'
      const flags = [
        '--noEmit',
        '--strict',
        '--target',
        'es2022',
        '--lib',
        'es2023,dom',
        '--skipLibCheck',
        'false',
      ]
      const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
      expect(
        await run(process.execPath, [
          tsc,
          '--module',
          module,
          '--moduleResolution',
          moduleResolution,
          ...flags,
          'use.ts',
        ]),
      ).toBe('')
    },
  )
})

describe('a map drawn over a picture', () => {
  mapOverPicture(
    project,
    () => example('export'),
    (program, args, cwd) => run(program, args, { cwd }),
  )
})

inAPage(project, () => [png, jpeg], tensorHere)
