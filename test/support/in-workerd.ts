import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { bundle, codecFiles } from './bundle.ts'

/** A Worker made of `script`, whose default export is a fetch handler, in a workerd of its own. */
export async function inWorkerd(script: string) {
  const contents = await bundle(script, 'workerd')
  const wasm = await codecFiles()
  const modules = [
    { type: 'ESModule' as const, path: '/index.mjs', contents },
    ...wasm.map((file) => ({
      type: 'CompiledWasm' as const,
      path: `/${file.file}`,
      contents: file.contents,
    })),
  ]
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      name: 'suite',
      modulesRoot: '/',
      modules,
      compatibilityDate: '2026-10-20',
      compatibilityFlags: ['nodejs_compat'],
    }),
  )
  await miniflare.ready
  return {
    /** Bytes of the bundled script and of each WebAssembly module. */
    sizes: {
      script: contents.length,
      wasm: Object.fromEntries(wasm.map((f) => [f.file, f.contents.length])),
    },
    async post<T>(path: string, body: Uint8Array): Promise<T> {
      const response = await miniflare.dispatchFetch(`http://worker${path}`, { method: 'POST', body })
      if (!response.ok) throw new Error(`the Worker answered ${response.status}: ${await response.text()}`)
      return (await response.json()) as T
    },
    stop: () => miniflare.dispose(),
  }
}
