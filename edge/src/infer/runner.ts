import type { ModelFileName } from '@detl/core/model/model-file'
import { oneAtATime } from '../one-at-a-time.ts'
import type { EdgeSession } from './session.ts'

type RunnerOptions = {
  /** The bytes of the file with this digest, checked. */
  readonly readModel: (file: FileOf) => Promise<Uint8Array>
  readonly createSession: (model: Uint8Array) => Promise<EdgeSession>
}

/** Which file of the model: its SHA-256, and what it is called beside the page. */
export type FileOf = { readonly sha256: string; readonly file: ModelFileName }

/** What the caller's manifest says of the model: its file, S, and the outputs that are wanted. */
export type RunOf = FileOf & {
  readonly size: number
  readonly outputs: readonly string[]
}

/** @param tensor UINT8 [1,1,S,S] */
export type Run = (tensor: Uint8Array, of: RunOf) => ReturnType<EdgeSession['run']>

/**
 * One session, made at the first call and kept while the same model is asked for; another model takes its place, so that there is never
 * memory for two. One image runs at a time, since a Worker has one thread.
 */
export function runner({ readModel, createSession }: RunnerOptions): Run {
  let held: { sha256: string; session: EdgeSession } | undefined
  const enter = oneAtATime()

  async function drop(): Promise<void> {
    const { session } = held ?? {}
    held = undefined
    await session?.release()
  }

  async function sessionOf({ sha256, file }: FileOf): Promise<EdgeSession> {
    if (held?.sha256 === sha256) return held.session
    const model = await readModel({ sha256, file }) // before the old one goes: a model that is not there costs nothing
    await drop()
    const started = Date.now()
    const session = await createSession(model)
    held = { sha256, session }
    const heapMiB = Math.round(session.heapBytes() / 2 ** 20)
    const ms = Date.now() - started
    console.warn(JSON.stringify({ level: 'warn', event: 'edge-model-loaded', file, heapMiB, ms }))
    return session
  }

  return async (tensor, { size, outputs, ...file }) => {
    const leave = await enter()
    try {
      const session = await sessionOf(file)
      return await session.run(tensor, size, outputs).catch(async (error: unknown) => {
        await drop() // its memory is not to be trusted; the next call tries anew
        throw error
      })
    } finally {
      leave()
    }
  }
}
