import { shownText } from '@detl/core/base/printable'
import { effect } from '@preact/signals'
import { engine, unwrap } from '../engine/engine.ts'
import { PageError, type Problem, type Result } from '../engine/types.ts'
import { screen } from '../screening/endpoint.ts'
import { thumbnail } from '../viewer/grey.ts'
import { type Found, imagesOf } from './folder-files.ts'
import { announcement, type Item, items, selectedId } from './items.ts'
import { deviceModel } from './model.ts'
import { modelInfo } from './model-info.ts'
import { forgetPicture, picture } from './pictures.ts'
import { settings } from './settings.ts'
import { forgetThumbnail } from './thumbnails.ts'

/** Images that are read or scored at a time. */
const AT_ONCE = 3
const SCORE_MS = 60_000
let busy = 0

/** Queues files and selects the first of them; of folders, the images in them. */
export async function addFiles(files: Iterable<File>): Promise<void> {
  add(await imagesOf([...files]))
}

function add(found: readonly Found[], synthetic = false): void {
  const now = Date.now()
  const fresh = found.map(
    ({ file, folder }, i): Item => ({
      id: crypto.randomUUID(),
      name: shownText(file.name),
      ...(folder !== undefined && { folder: shownText(folder) }),
      added: now + i / 1000,
      file,
      synthetic,
      status: 'waiting',
    }),
  )
  if (fresh.length === 0) return
  items.value = [...items.value, ...fresh]
  selectedId.value = fresh[0]!.id
  pump()
}

export async function addSample(name: string): Promise<void> {
  const png = await unwrap(engine().sample())
  add([{ file: new File([png], name, { type: 'image/png' }) }], true)
}

export function remove(id: string): void {
  const at = items.value.findIndex((item) => item.id === id)
  const gone = items.value[at]
  if (!gone) return
  forgetThumbnail(gone.thumbnail)
  forgetPicture(id)
  items.value = items.value.filter((item) => item !== gone)
  if (selectedId.value === id) selectedId.value = items.value[Math.min(at, items.value.length - 1)]?.id
}

export function clear(): void {
  for (const { id } of items.value) remove(id) // from this browser's store too
}

export function retry(id: string): void {
  update(id, { status: 'waiting' })
  pump()
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

/** Goes on with what an earlier visit left undone. */
export const resume = pump

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
