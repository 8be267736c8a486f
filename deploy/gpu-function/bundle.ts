/**
 * `node deploy/gpu-function/bundle.ts OUT`: the GPU function as three files of JavaScript and their shared parts; only onnxruntime-node and webgpu,
 * which bring native libraries, stay packages. A start then reads a handful of files instead of some hundred.
 */
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const [out] = process.argv.slice(2)
if (!out) {
  console.error('usage: node deploy/gpu-function/bundle.ts OUT')
  process.exit(2)
}
const source = (file: string) => fileURLToPath(new URL(`../../gpu-function/src/${file}`, import.meta.url))

await build({
  entryPoints: [source('main.ts'), source('session-worker.ts'), source('adapter-probe.ts')],
  outdir: out,
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  external: ['onnxruntime-node', 'webgpu'],
  legalComments: 'external',
  logLevel: 'warning',
  // Packages in CommonJS (pino, prom-client) call require().
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
})
