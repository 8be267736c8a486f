import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { wasmFiles } from '@detl/codecs/wasm-files'
import { build } from 'esbuild'
import { build as viteBuild } from 'vite'
import { describe, expect, it } from 'vitest'
import { noBrowser } from '../support/chromium.ts'
import { servedInChromium } from '../support/in-chromium.ts'

/** Of the browser's code, gzipped, as the READMEs say: the steps behind the decoded image; and all of `@detl/core` but the library that reads DICOM's elements. */
const PREPROCESS_BYTES = 8 * 1024
const CORE_BYTES = 32 * 1024
/** Of the converter, with the library that writes protocol buffers. */
const CONVERTER_BYTES = 60 * 1024

/**
 * The packages in a page, bundled as others bundle.
 * @param project an empty project with the packages installed
 * @param images files, each of which must give the tensor that `tensorHere` gives
 */
export function inAPage(
  project: string,
  images: () => readonly Uint8Array[],
  tensorHere: (bytes: Uint8Array) => Promise<string>,
): void {
  describe.skipIf(noBrowser)('in a page', () => {
    const PAGE = `
    import { codecs } from '@detl/codecs'
    import { cxrGrey, preprocess } from '@detl/core'
    window.run = async (bytes) => {
      const { tensor } = await preprocess(bytes, cxrGrey(128), { codecs })
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', tensor))
      return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
    }`
    const { resolve: resolveIn } = createRequire(pathToFileURL(join(project, 'x.js')))
    /** As the README of the codecs says. */
    const copyWasm = (folder: string) => {
      for (const { file, module } of Object.values(wasmFiles)) cpSync(resolveIn(module), join(folder, file))
    }

    async function agrees(folder: string) {
      const page = await servedInChromium(folder)
      try {
        for (const bytes of images()) expect(await page.post(bytes)).toBe(await tensorHere(bytes))
      } finally {
        await page.stop()
      }
    }

    it('bundled by esbuild', async () => {
      const folder = join(project, 'esbuild')
      mkdirSync(folder)
      writeFileSync(join(project, 'page.js'), PAGE)
      await build({
        absWorkingDir: project,
        entryPoints: ['page.js'],
        bundle: true,
        format: 'esm',
        outdir: folder,
        external: ['fs', 'path'],
        logLevel: 'error',
      })
      writeFileSync(
        join(folder, 'index.html'),
        '<!doctype html><script type="module" src="page.js"></script>',
      )
      copyWasm(folder)
      await agrees(folder)
    })

    it('built by Vite', async () => {
      const app = join(project, 'vite')
      mkdirSync(app)
      writeFileSync(join(app, 'page.js'), PAGE)
      writeFileSync(join(app, 'index.html'), '<!doctype html><script type="module" src="/page.js"></script>')
      await viteBuild({ root: app, configFile: false, logLevel: 'silent', base: './' })
      copyWasm(join(app, 'dist/assets'))
      await agrees(join(app, 'dist'))
    })
  })

  describe('what a page loads', () => {
    const sizeOf = async (contents: string, external: string[]) => {
      const { outputFiles } = await build({
        stdin: { contents, resolveDir: project },
        bundle: true,
        minify: true,
        format: 'esm',
        write: false,
        external,
      })
      return gzipSync(outputFiles[0]!.contents, { level: 9 }).length
    }

    it('of @detl/core is small: the preprocessing, and with it the gate and the readers of PNG, JPEG and DICOM', async () => {
      const steps = ['preprocess', 'reduce'].map(
        (step) => `export * from './node_modules/@detl/core/dist/core/preprocess/${step}.js'`,
      )
      expect(await sizeOf(steps.join('\n'), [])).toBeLessThanOrEqual(PREPROCESS_BYTES)
      const all = "export { cxrGrey, preprocess } from '@detl/core'"
      expect(await sizeOf(all, ['dicom-parser'])).toBeLessThanOrEqual(CORE_BYTES)
    })

    it('of @detl/export is small, the library that writes protocol buffers counted', async () => {
      const all = "export { convert, convertWithGradCam } from '@detl/export'"
      expect(await sizeOf(all, [])).toBeLessThanOrEqual(CONVERTER_BYTES)
    })
  })
}
