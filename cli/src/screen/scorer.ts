import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { MessagePort } from 'node:worker_threads'
import { AppError, type ProblemCode } from '@detl/core/api/problem'
import { type Manifest, parseManifest } from '@detl/core/model/manifest'
import { collectOutputs, type ModelOutputs, outputsOf } from '@detl/core/model/outputs'
import { float32Values } from '@detl/core/wire/tensor'
import { adapterText } from '@detl/gpu-function/adapter'
import { openSession } from '@detl/gpu-function/session'
import type { Provider, Session } from '@detl/gpu-function/session-messages'
import { reasonOf } from '../io-errors.ts'

/** What comes back through a port: the model's outputs for one image, or why there are none. */
export type Scored = ModelOutputs | { readonly error: string; readonly code?: ProblemCode }

export type Scorer = {
  readonly manifest: Manifest
  /** What computes the scores, in one line, where it is not the CPU of this process. */
  readonly where: string | undefined
  /** Answers one tensor (UINT8 [1,1,S,S]) that comes through the port with a `Scored`. */
  readonly serve: (port: MessagePort) => void
  readonly close: () => Promise<void>
}

/** Rows of a run: more gain little on a CPU, and each is memory. */
const MAX_ROWS = 8
/**
 * So many are waited for while more are on the way: one run of four takes a tenth less than four runs. No more than a thread decodes at once, for
 * a thread whose files all wait for their scores would have nothing to do.
 */
export const GATHERED = 4

/** A model that is still loading, which takes as long as starting the threads that decode: both can start at once. */
export type LoadingScorer = {
  readonly manifest: Manifest
  /** @throws AppError request-invalid if the model cannot be used */
  readonly loaded: Promise<Scorer>
}

/**
 * The model in a thread of its own. Tensors that come while it runs go into its next run together.
 * @throws AppError request-invalid if the folder holds no model that can be used
 */
export async function openScorer(modelDir: string, providers: readonly Provider[]): Promise<Scorer> {
  return (await loadScorer(modelDir, providers)).loaded
}

/**
 * As `openScorer`, for those who have something else to start meanwhile.
 * @throws AppError request-invalid if the folder holds no manifest
 */
export async function loadScorer(modelDir: string, providers: readonly Provider[]): Promise<LoadingScorer> {
  const manifest = await readManifest(modelDir)
  const loaded = load(modelDir, manifest, providers)
  loaded.catch(() => undefined) // whoever awaits it is told
  return { manifest, loaded }
}

async function load(modelDir: string, manifest: Manifest, providers: readonly Provider[]): Promise<Scorer> {
  const model = await readFile(join(modelDir, 'model.onnx')).catch(unusable(modelDir))
  const session = await openSession(new Uint8Array(model).buffer, {
    providers,
    // Who names a provider gets it, on whatever it finds.
    software: true,
    // Decoding has its threads too, and takes longer.
    threads: Math.max(1, availableParallelism() >> 1),
    maxRows: MAX_ROWS,
  }).catch(unusable(modelDir))
  const queue = new BatchQueue(session, outputsOf(manifest))
  return {
    manifest,
    where: session.provider === 'cpu' ? undefined : `${session.provider} on ${adapterText(session.adapter)}`,
    serve: (port) => {
      const settled = queue.expect()
      port.once('message', (tensor: Uint8Array) => {
        queue.add({ tensor, answer: (scored) => port.postMessage(scored) })
        settled()
      })
      port.once('close', settled) // an image that was refused has no tensor
    },
    close: () => session.close(),
  }
}

type Waiting = { readonly tensor: Uint8Array; readonly answer: (scored: Scored) => void }

class BatchQueue {
  readonly #session: Session
  readonly #outputs: readonly string[]
  #waiting: Waiting[] = []
  #running = 0
  #coming = 0

  constructor(session: Session, outputs: readonly string[]) {
    this.#session = session
    this.#outputs = outputs
  }

  /** Announces an image that is still being decoded. @returns to be called when its tensor is there, or will never be */
  expect(): () => void {
    this.#coming++
    let settled = false
    return () => {
      if (settled) return
      settled = true
      this.#coming--
      void this.#run()
    }
  }

  add(waiting: Waiting): void {
    this.#waiting.push(waiting)
    void this.#run()
  }

  async #run(): Promise<void> {
    if (this.#running >= this.#session.slots || this.#waiting.length === 0) return
    if (this.#waiting.length < GATHERED && this.#coming > 0) return
    const batch = this.#waiting.splice(0, MAX_ROWS)
    this.#running++
    try {
      const inputs = batch.map(({ tensor }) => tensor)
      const { outputs } = await this.#session.run({ inputs, rows: batch.length, outputs: this.#outputs })
      const values = new Map(outputs.map((output) => [output.name, float32Values(output)]))
      const row = (name: string, i: number) => {
        const all = values.get(name)
        const length = (all?.length ?? 0) / batch.length
        return all?.slice(i * length, (i + 1) * length)
      }
      for (const [i, { answer }] of batch.entries())
        answer(collectOutputs(this.#outputs, (name) => row(name, i)))
    } catch (error) {
      for (const { answer } of batch)
        answer({ error: error instanceof Error ? error.message : String(error) })
    }
    this.#running--
    void this.#run()
  }
}

export async function readManifest(modelDir: string): Promise<Manifest> {
  const text = await readFile(join(modelDir, 'manifest.json'), 'utf8').catch(unusable(modelDir))
  try {
    return parseManifest(JSON.parse(text))
  } catch (error) {
    return unusable(modelDir)(error)
  }
}

const unusable = (modelDir: string) => (cause: unknown) => {
  throw new AppError('request-invalid', `the model in ${modelDir} cannot be used: ${reasonOf(cause)}`, {
    cause,
  })
}
