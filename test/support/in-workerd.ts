import { existsSync, readdirSync, readFileSync } from 'node:fs'
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
    /** CPU time of workerd so far, in ms; where the system does not tell (it is Linux that does), time. */
    cpuMs: cpuClock(),
    async post<T>(path: string, body: Uint8Array): Promise<T> {
      const response = await miniflare.dispatchFetch(`http://worker${path}`, { method: 'POST', body })
      if (!response.ok) throw new Error(`the Worker answered ${response.status}: ${await response.text()}`)
      return (await response.json()) as T
    },
    stop: () => miniflare.dispose(),
  }
}

/** Reads the run time of all threads, in ms, of the workerd that this process started last. */
export function cpuClock(): () => number {
  if (!existsSync('/proc')) return () => performance.now()
  const pids = readdirSync('/proc', { encoding: 'utf8' }).filter((name) => /^\d+$/.test(name))
  const pid = pids.findLast((name) => {
    const [, command, parent] = /\((.*)\) \S (\d+)/.exec(read(`/proc/${name}/stat`)) ?? []
    return command === 'workerd' && Number(parent) === process.pid
  })
  if (pid === undefined) return () => performance.now()
  const tasks = `/proc/${pid}/task`
  return () =>
    readdirSync(tasks).reduce(
      (sum, task) => sum + Number(read(`${tasks}/${task}/schedstat`).split(' ')[0]),
      0,
    ) / 1e6
}

/** Empty for a process or thread that has just ended. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
