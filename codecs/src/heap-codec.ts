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
 * A codec that is compiled and instantiated at its first call. An instance that failed is thrown away:
 * after an abort or an out-of-memory inside it, its heap is not to be trusted.
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
  let loaded: Promise<HeapExports> | undefined
  return async (bytes, ...options) => {
    compiled ??= source.module()
    loaded ??= instantiate(source, compiled)
    const mine = loaded
    try {
      const Decoder = (await mine)[className]!
      const decoder = new Decoder()
      decoder.getEncodedBuffer(bytes.length).set(bytes)
      const frame = run(decoder, ...options)
      decoder.delete()
      return frame
    } catch (error) {
      if (loaded === mine) loaded = undefined
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

/** Copies the frame off the heap. */
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
  const copy = view.slice(0, samples * bytesPerSample)
  const data =
    bytesPerSample === 1
      ? new Uint8Array(copy.buffer) // libjpeg-turbo's view is a clamped array
      : isSigned
        ? new Int16Array(copy.buffer, 0, samples)
        : new Uint16Array(copy.buffer, 0, samples)
  return { width, height, components: componentCount, bits: bitsPerSample, data }
}
