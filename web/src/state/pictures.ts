import { engine, unwrap } from '../engine/engine.ts'
import type { Picture } from '../engine/types.ts'
import type { Item } from './items.ts'
import { modelInfo } from './model-info.ts'

/** Pictures kept for the viewer: at most 8 MB each. */
const PICTURES = 6

const pictures = new Map<string, Promise<Picture>>()

/** The pixels of an item, read again where they were let go. @throws PageError */
export function picture({ id, file }: Item): Promise<Picture> {
  let known = pictures.get(id)
  known ??= file.arrayBuffer().then((bytes) => unwrap(engine().open(bytes, modelInfo.value)))
  pictures.delete(id)
  pictures.set(id, known) // the most recently shown is the last to go
  for (const old of [...pictures.keys()].slice(0, -PICTURES)) pictures.delete(old)
  return known
}

export const forgetPicture = (id: string): void => void pictures.delete(id)
