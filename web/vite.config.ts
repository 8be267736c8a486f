import { defineConfig } from 'vite'
import { codecFiles, withoutNode } from './build/codec-files.ts'

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [codecFiles()],
  worker: { format: 'es', plugins: () => [withoutNode()] },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // the page's policy allows no data: scripts or fonts
    chunkSizeWarningLimit: 300,
    reportCompressedSize: false,
  },
})
