import type { DecodedFrame } from '@detl/core/image/codecs'

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
  delete(): void
}

type HeapWaveletDecoder = HeapDecoder & {
  calculateSizeAtDecompositionLevel(level: number): { width: number; height: number }
  decodeSubResolution(level: number, layers: number): void
}

type HeapExports = Record<string, new () => HeapDecoder>

/** How this runtime comes by a codec's script and by its compiled module. */
export type CodecSource = {
  readonly factory: () => Promise<EmscriptenFactory>
  readonly module: () => Promise<WebAssembly.Module>
}

/**
 * A larger heap is not kept for the next image: WebAssembly's memory never shrinks, and a Worker has 128 MB for all.
 * All these codecs begin with 50 MiB.
 */
const KEPT_HEAP_BYTES = 64 * 2 ** 20

/**
 * A codec that is compiled and instantiated at its first call. The frame is a view of its heap: the instance serves no
 * other call until the frame is released. One that failed is thrown away: after an abort or an out-of-memory inside it,
 * its heap is not to be trusted.
 */
export function heapCodec(
  source: CodecSource,
  className: string,
): (bytes: Uint8Array) => Promise<DecodedFrame> {
  return withDecoder(source, className, (decoder) => {
    decoder.decode()
    return takeFrame(decoder)
  })
}

/** The same for a wavelet codec, which can stop `halvings` levels early. */
export function waveletCodec(
  source: CodecSource,
  className: string,
): (bytes: Uint8Array, halvings: number) => Promise<DecodedFrame> {
  return withDecoder(source, className, (decoder, halvings: number) => {
    const wavelet = decoder as HeapWaveletDecoder
    if (halvings === 0) {
      wavelet.decode()
      return takeFrame(wavelet)
    }
    wavelet.decodeSubResolution(halvings, 0)
    return takeFrame(wavelet, wavelet.calculateSizeAtDecompositionLevel(halvings))
  })
}

function withDecoder<Options extends unknown[]>(
  source: CodecSource,
  className: string,
  run: (decoder: HeapDecoder, ...options: Options) => DecodedFrame,
): (bytes: Uint8Array, ...options: Options) => Promise<DecodedFrame> {
  let compiled: Promise<WebAssembly.Module> | undefined
  let idle: HeapExports | undefined
  return async (bytes, ...options) => {
    compiled ??= source.module()
    const exports = idle ?? (await instantiate(source, compiled))
    idle = undefined
    try {
      const decoder = new exports[className]!()
      decoder.getEncodedBuffer(bytes.length).set(bytes)
      const frame = run(decoder, ...options)
      const release = () => {
        decoder.delete()
        if (frame.data.buffer.byteLength <= KEPT_HEAP_BYTES) idle = exports
      }
      return { ...frame, release }
    } catch (error) {
      throw new Error(`${className} failed`, { cause: error })
    }
  }
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
      ? new Uint8Array(buffer, byteOffset, samples) // libjpeg-turbo's view is a clamped array
      : isSigned
        ? new Int16Array(buffer, byteOffset, samples)
        : new Uint16Array(buffer, byteOffset, samples)
  return { width, height, components: componentCount, bits: bitsPerSample, data }
}
