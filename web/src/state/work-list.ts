import { effect } from '@preact/signals'
import { engine, unwrap } from '../engine/engine.ts'
import { PageError, type Picture, type Problem, type Result } from '../engine/types.ts'
import { screen } from '../screening/endpoint.ts'
import { thumbnail } from '../viewer/grey.ts'
import { announcement, type Item, items, selectedId } from './items.ts'
import { deviceModel, modelInfo } from './model.ts'
import { settings } from './settings.ts'

/** Images that are read or scored at a time. */
const AT_ONCE = 3
const SCORE_MS = 60_000
/** Pictures kept for the viewer: at most 8 MB each. */
const PICTURES = 6

const pictures = new Map<string, Promise<Picture>>()
let busy = 0

/** Queues files and selects the first of them. */
export function add(files: Iterable<File>, synthetic = false): void {
  const fresh = Array.from(files, (file): Item => {
    const { name } = file
    return { id: crypto.randomUUID(), name, file, synthetic, status: 'waiting' }
  })
  if (fresh.length === 0) return
  items.value = [...items.value, ...fresh]
  selectedId.value = fresh[0]!.id
  pump()
}

export async function addSample(name: string): Promise<void> {
  const png = await unwrap(engine().sample())
  add([new File([png], name, { type: 'image/png' })], true)
}

export function remove(id: string): void {
  const at = items.value.findIndex((item) => item.id === id)
  const gone = items.value[at]
  if (!gone) return
  if (gone.thumbnail) URL.revokeObjectURL(gone.thumbnail)
  pictures.delete(id)
  items.value = items.value.filter((item) => item !== gone)
  if (selectedId.value === id) selectedId.value = items.value[Math.min(at, items.value.length - 1)]?.id
}

export function clear(): void {
  for (const { id } of items.value) remove(id)
}

export function retry(id: string): void {
  update(id, { status: 'waiting' })
  pump()
}

/** The pixels of an item, read again where they were let go. @throws PageError */
export function picture({ id, file }: Item): Promise<Picture> {
  let known = pictures.get(id)
  known ??= file.arrayBuffer().then((bytes) => unwrap(engine().open(bytes, modelInfo.value)))
  pictures.delete(id)
  pictures.set(id, known) // the most recently shown is the last to go
  for (const old of [...pictures.keys()].slice(0, -PICTURES)) pictures.delete(old)
  return known
}

/** A new key frees the items that wait for one. */
export function startWorkList(): void {
  effect(() => {
    if (!settings.key.value && settings.place.value === 'endpoint') return
    for (const { id, status, problem } of items.peek()) {
      if (status === 'needs-key' || problem?.code === 'key-invalid') update(id, { status: 'waiting' })
    }
    pump()
  })
}

function pump(): void {
  while (busy < AT_ONCE) {
    const next = items.peek().find(({ status }) => status === 'waiting')
    if (!next) return
    busy++
    void work(next).finally(() => {
      busy--
      pump()
    })
  }
}

async function work(item: Item): Promise<void> {
  const { id, file } = item
  const started = performance.now()
  update(id, { status: 'reading' })
  try {
    const read = await picture(item)
    if (!item.thumbnail) update(id, { thumbnail: await thumbnail(read) })
    const place = settings.place.peek()
    const key = settings.key.peek()
    if (place === 'endpoint' && !key) {
      update(id, { status: 'needs-key' })
      return
    }
    update(id, { status: 'scoring' })
    const result =
      place === 'device'
        ? await scoreHere(file)
        : await screen(file, modelInfo.peek(), {
            key,
            idempotencyKey: id,
            signal: AbortSignal.timeout(SCORE_MS),
          })
    update(id, { status: 'done', result, ms: performance.now() - started, at: new Date() })
  } catch (error) {
    if (!(error instanceof PageError)) console.error(error)
    const problem: Problem =
      error instanceof PageError ? error.problem : { code: 'device-failed', detail: String(error) }
    update(id, { status: 'failed', problem })
  }
  announcement.value = items.peek().find((one) => one.id === id)
}

async function scoreHere(file: Blob): Promise<Result> {
  await deviceModel()
  return unwrap(engine().score(await file.arrayBuffer()))
}

function update(id: string, change: Partial<Item>): void {
  items.value = items.peek().map((item) => {
    if (item.id !== id) return item
    const { problem, ...rest } = item
    return { ...rest, ...change }
  })
}
