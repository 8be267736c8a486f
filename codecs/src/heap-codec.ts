import type { DecodedFrame, ReducibleDecoder } from '@detl/core/image/codecs'
import { loadOnce } from './load-once.ts'

/** What Cornerstone's codec packages export: an Emscripten factory. */
export type EmscriptenFactory = (options: {
  instantiateWasm(
    imports: WebAssembly.Imports,
    done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
  ): object
  print(text: string): void
  printErr(text: string): void
}) => Promise<unknown>

/** A decoder object on the codec's heap. `getDecodedBuffer` is a view that lives until the next allocation there. */
type HeapDecoder = {
  getEncodedBuffer(length: number): Uint8Array
  getDecodedBuffer(): Uint8Array
  getFrameInfo(): {
    width: number
    height: number
    bitsPerSample: number
    componentCount: number
    isSigned: boolean
  }
  decode(): void
  decodeSubResolution(level: number, layers: number): void
  calculateSizeAtDecompositionLevel(level: number): { width: number; height: number }
  delete(): void
}

type HeapExports = Record<string, new () => HeapDecoder>

/** How this runtime comes by a codec's script and by its compiled module. */
export type CodecSource = {
  readonly factory: () => Promise<EmscriptenFactory>
  readonly module: () => Promise<WebAssembly.Module>
  /** A larger heap is not kept for the next image, for WebAssembly's memory never shrinks. Each of these codecs begins with 50 MiB. */
  readonly keptHeapBytes: number
}

/** Where memory is not short: an instance that is there saves 4 to 10 ms an image. */
export const KEPT_HEAP_BYTES = 64 * 2 ** 20

/**
 * A wavelet codec that is compiled and instantiated at its first call. The frame is a view of its heap: the instance serves no
 * other call until the frame is released. One that failed is thrown away: after an abort or an out-of-memory inside it,
 * its heap is not to be trusted.
 */
export function waveletCodec(source: CodecSource, className: string): ReducibleDecoder {
  const compiled = loadOnce(source.module)
  let idle: HeapExports | undefined
  return async (bytes, halvings) => {
    const exports = idle ?? (await instantiate(source, compiled()))
    idle = undefined
    try {
      const decoder = new exports[className]!()
      decoder.getEncodedBuffer(bytes.length).set(bytes)
      const frame = run(decoder, halvings)
      const release = () => {
        decoder.delete()
        if (frame.data.buffer.byteLength <= source.keptHeapBytes) idle = exports
      }
      return { ...frame, release }
    } catch (error) {
      throw new Error(`${className} failed`, { cause: error })
    }
  }
}

function run(decoder: HeapDecoder, halvings: number): DecodedFrame {
  if (halvings === 0) {
    decoder.decode()
    return takeFrame(decoder)
  }
  decoder.decodeSubResolution(halvings, 0)
  return takeFrame(decoder, decoder.calculateSizeAtDecompositionLevel(halvings))
}

async function instantiate(source: CodecSource, compiled: Promise<WebAssembly.Module>): Promise<HeapExports> {
  const [factory, module] = await Promise.all([source.factory(), compiled])
  const exports = await factory({
    instantiateWasm(imports, done) {
      // Asynchronous on purpose: browsers refuse to instantiate large modules synchronously on the main thread.
      void WebAssembly.instantiate(module, imports).then((instance) => done(instance, module))
      return {}
    },
    print: () => undefined,
    printErr: () => undefined,
  })
  return exports as HeapExports
}

/** The frame, where it lies on the heap. */
function takeFrame(decoder: HeapDecoder, reduced?: { width: number; height: number }): DecodedFrame {
  const info = decoder.getFrameInfo()
  const { width, height } = reduced ?? info
  const { bitsPerSample, componentCount, isSigned } = info
  const view = decoder.getDecodedBuffer()
  const samples = width * height * componentCount
  if (samples === 0) throw new Error('the codec gave no frame') // some say so only in this way
  const bytesPerSample = bitsPerSample > 8 ? 2 : 1
  if (view.length < samples * bytesPerSample)
    throw new Error('the codec returned fewer samples than it announced')
  const { buffer, byteOffset } = view
  const data =
    bytesPerSample === 1
      ? new Uint8Array(buffer, byteOffset, samples)
      : isSigned
        ? new Int16Array(buffer, byteOffset, samples)
        : new Uint16Array(buffer, byteOffset, samples)
  return { width, height, components: componentCount, bits: bitsPerSample, data }
}
