import { defaultClientConditions, defineConfig } from 'vite'
import { codecFiles, withoutNode } from './build/codec-files.ts'
import { modelFiles } from './build/model-files.ts'
import { referenceFiles } from './build/reference-files.ts'
import { serviceWorker } from './build/service-worker.ts'

export default defineConfig({
  define: { __SERVICE_WORKER__: 'false' },
  // Never for development, whatever NODE_ENV says: that writes this machine's paths into the page.
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact', development: false } },
  // ONNX Runtime's WebAssembly and its glue stay files of their own: threads load the glue again.
  resolve: { conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions] },
  plugins: [codecFiles(), modelFiles(), referenceFiles(), serviceWorker()],
  worker: { format: 'es', plugins: () => [withoutNode()] },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // the page's policy allows no data: scripts or fonts
    chunkSizeWarningLimit: 300,
    reportCompressedSize: false,
    rolldownOptions: { checks: { pluginTimings: false } },
  },
})
