/** What is made for npm: one row a package. Each holds the sources that its entries reach, of whatever room, and depends on nothing else of ours. */
export type NpmPackage = {
  /** The room whose name, version, description and dependencies it has; its README travels along. */
  readonly room: string
  /** What can be imported, and the source file behind it; by condition where runtimes differ. */
  readonly entries: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  /** Files that are copied as they are, and imported by these names. */
  readonly files?: Readonly<Record<string, string>>
  /** Dependencies that only some uses need: who uses them installs them. */
  readonly optional?: readonly string[]
}

export const PACKAGES: readonly NpmPackage[] = [
  { room: 'core', entries: { '.': 'deploy/npm/public/core.ts' } },
  {
    room: 'codecs',
    entries: {
      '.': {
        workerd: 'codecs/src/modules.workerd.ts',
        browser: 'codecs/src/modules.browser.ts',
        default: 'codecs/src/modules.node.ts',
      },
      './wasm-files': 'codecs/src/wasm-files.ts',
    },
    files: {
      './libjpeg-turbo.wasm': 'codecs/libjpeg-turbo/decode.wasm',
      './raster.wasm': 'codecs/raster/raster.wasm',
    },
  },
  {
    room: 'export',
    entries: {
      '.': 'deploy/npm/public/export.ts',
      './node': 'deploy/npm/public/export-node.ts',
      './verify': 'export/src/verify.ts',
    },
    optional: [
      '@tensorflow/tfjs-backend-cpu',
      '@tensorflow/tfjs-backend-wasm',
      '@tensorflow/tfjs-converter',
      '@tensorflow/tfjs-core',
      '@tensorflow/tfjs-layers',
      'onnxruntime-node',
    ],
  },
  { room: 'client', entries: { '.': 'client/src/index.ts' } },
]
