/**
 * Keeps what Node makes of each TypeScript file of this checkout, its types stripped, for the next start: of a start without it, stripping is more than
 * half. Loaded before anything else, by the process (detl.mjs) and with `--import` by its threads; therefore JavaScript. Node 22's own compile cache keeps
 * no stripped files. Where nothing can be kept, all is as without it.
 */
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import { fileURLToPath } from 'node:url'
import { threadId } from 'node:worker_threads'

const ROOT = new URL('../../', import.meta.url).href
/** Beside the packages: whoever may change it may change them too, and `npm ci` clears both. */
const FOLDER = fileURLToPath(new URL('node_modules/.cache/detl/', ROOT))

registerHooks({
  load(url, context, nextLoad) {
    if (!url.startsWith(ROOT) || !url.endsWith('.ts')) return nextLoad(url, context)
    const file = fileURLToPath(url)
    const kept = FOLDER + encodeURIComponent(url.slice(ROOT.length))
    const end = endOf(file)
    const source = read(kept, end) ?? strip(readFileSync(file, 'utf8'))
    if (source === undefined) return nextLoad(url, context)
    if (!source.endsWith(end)) keep(kept, source + end)
    return { format: 'module', source, shortCircuit: true }
  },
})

/**
 * Stands behind what is kept and says of which state of a file it is: half a file has none, that of another state has another. The time of the last change
 * of its entry in the file system is set by nobody, unlike that of its bytes.
 */
function endOf(file) {
  const { size, ctimeMs } = statSync(file)
  return `\n// ${size} bytes, ${ctimeMs}, Node ${process.version}\n`
}

function read(kept, end) {
  try {
    const text = readFileSync(kept, 'utf8')
    return text.endsWith(end) ? text : undefined
  } catch {
    return undefined // not there yet
  }
}

function keep(kept, source) {
  try {
    mkdirSync(FOLDER, { recursive: true })
    const whole = `${kept}.${process.pid}.${threadId}`
    writeFileSync(whole, source)
    renameSync(whole, kept)
  } catch {
    // A folder that only others may write.
  }
}

/**
 * Node says of this function that it is experimental, on each start; of running TypeScript, which is the same, it does not.
 * @returns undefined for what Node cannot run, of which it has the better message
 */
function strip(source) {
  const { emitWarning } = process
  process.emitWarning = () => undefined
  try {
    return stripTypeScriptTypes(source)
  } catch {
    return undefined
  } finally {
    process.emitWarning = emitWarning
  }
}
