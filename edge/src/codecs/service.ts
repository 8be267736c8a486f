import type { Codecs, DecodedFrame } from '@detl/core/image/codecs'
import { oneAtATime } from '../one-at-a-time.ts'
import { CODEC_NAMES, FRAME_HEADER, frameHeader, UNDECODABLE } from './frame.ts'

/** Small enough that a few of them beside a codec's memory do not count. */
const CHUNK_BYTES = 2 ** 20
/** A reader that takes nothing for so long is gone. */
const STALLED_MS = 30_000

type Served = {
  readonly response: Response
  /** When the samples have been taken, or nobody takes them any more. */
  readonly finished: Promise<void>
}

/**
 * Answers `POST /<codec>?halvings=N` with the samples. One image at a time, until its last sample has been taken: so the memory that is
 * needed is that of one, and the samples are sent from where the codec left them, without a copy beside them.
 */
export function codecService(codecs: Codecs, stalledMs: number = STALLED_MS) {
  const enter = oneAtATime()
  return async (request: Request): Promise<Served> => {
    const { pathname, searchParams } = new URL(request.url)
    const name = CODEC_NAMES.find((codec) => pathname === `/${codec}`)
    const halvings = Number(searchParams.get('halvings'))
    if (!name || request.method !== 'POST' || !Number.isInteger(halvings) || halvings < 0)
      return over(new Response('no such codec', { status: 404 }))
    const bytes = new Uint8Array(await request.arrayBuffer())

    const leave = await enter()
    let frame: DecodedFrame
    try {
      frame = await codecs[name](bytes, halvings)
    } catch (error) {
      leave()
      return over(new Response(String(error), { status: UNDECODABLE }))
    }
    const { readable, finished } = samplesOf(frame, stalledMs)
    const left = finished.then(() => {
      frame.release?.()
      leave()
    })
    return {
      response: new Response(readable, { headers: { [FRAME_HEADER]: frameHeader(frame) } }),
      finished: left,
    }
  }
}

const over = (response: Response): Served => ({ response, finished: Promise.resolve() })

/** The samples in pieces, as they are asked for. */
function samplesOf({ data }: DecodedFrame, stalledMs: number) {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  let finish: () => void = () => undefined
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  let timer: ReturnType<typeof setTimeout> | null = null
  const expectReader = (controller: ReadableByteStreamController) => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      controller.error(new Error(`nobody took samples for ${stalledMs} ms`))
      finish()
    }, stalledMs)
  }
  let at = 0
  const readable = new ReadableStream({
    type: 'bytes',
    start: expectReader,
    pull(controller) {
      expectReader(controller)
      const chunk = bytes.slice(at, at + CHUNK_BYTES)
      at += chunk.length
      controller.enqueue(chunk)
      if (at < bytes.length) return
      clearTimeout(timer)
      controller.close()
      finish()
    },
    cancel() {
      clearTimeout(timer)
      finish()
    },
  })
  return { readable, finished }
}
