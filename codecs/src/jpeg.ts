import type { DecodedFrame, ReducibleDecoder } from '@detl/core/image/codecs'
import { loadOnce } from './load-once.ts'

/** Exports of libjpeg-turbo/decode.c. Addresses are those of `memory`. */
type Exports = {
  readonly memory: WebAssembly.Memory
  _initialize(): void
  allocate(bytes: number): number
  release(address: number): void
  decode(file: number, bytes: number, halvings: number): number
  width(): number
  height(): number
  components(): number
}

/** A larger memory is not kept for the next image: WebAssembly's never shrinks, and a Worker has 128 MB for all. */
const KEPT_BYTES = 64 * 2 ** 20

/**
 * libjpeg-turbo, compiled at its first call. The frame is a view of its memory: the instance serves no other call until
 * the frame is released. One that failed is thrown away.
 * @throws Error with libjpeg's message on damaged data, those included that libjpeg itself would only warn of
 */
export function jpegCodec(module: () => Promise<WebAssembly.Module>): ReducibleDecoder {
  const compiled = loadOnce(module)
  let idle: Exports | undefined
  return async (bytes, halvings) => {
    const codec = idle ?? (await instantiate(await compiled()))
    idle = undefined
    const file = codec.allocate(bytes.length)
    new Uint8Array(codec.memory.buffer, file, bytes.length).set(bytes)
    const address = codec.decode(file, bytes.length, halvings)
    codec.release(file)
    const [width, height, components] = [codec.width(), codec.height(), codec.components()]
    const data = new Uint8Array(codec.memory.buffer, address, width * height * components)
    const release = () => {
      codec.release(address)
      if (codec.memory.buffer.byteLength <= KEPT_BYTES) idle = codec
    }
    return { width, height, components, bits: 8, data, release } satisfies DecodedFrame
  }
}

async function instantiate(module: WebAssembly.Module): Promise<Exports> {
  let memory: WebAssembly.Memory | undefined
  const fail = (message: number) => {
    const text = new Uint8Array(memory!.buffer, message, 200)
    throw new Error(`libjpeg-turbo: ${new TextDecoder().decode(text.subarray(0, text.indexOf(0)))}`)
  }
  const { exports } = await WebAssembly.instantiate(module, {
    host: { fail },
    env: { emscripten_notify_memory_growth: () => undefined },
  })
  const codec = exports as unknown as Exports
  memory = codec.memory
  codec._initialize()
  return codec
}
