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
export type HeapDecoder = {
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

/** How this runtime comes by the compiled module, and by the factory that goes with it. */
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
  let instance: Promise<Record<string, new () => HeapDecoder>> | undefined
  return async (bytes) => {
    instance ??= instantiate(source)
    try {
      const Decoder = (await instance)[className]!
      const decoder = new Decoder()
      decoder.getEncodedBuffer(bytes.length).set(bytes)
      decoder.decode()
      const frame = takeFrame(decoder)
      decoder.delete()
      return frame
    } catch (error) {
      instance = undefined
      throw new Error(`${className} failed`, { cause: error })
    }
  }
}

async function instantiate(source: CodecSource): Promise<Record<string, new () => HeapDecoder>> {
  const [factory, module] = await Promise.all([source.factory(), source.module()])
  const exports = await factory({
    instantiateWasm(imports, done) {
      // Asynchronous on purpose: browsers refuse to instantiate large modules synchronously on the main thread.
      void WebAssembly.instantiate(module, imports).then((instance) => done(instance, module))
      return {}
    },
    print: () => undefined,
    printErr: () => undefined,
  })
  return exports as Record<string, new () => HeapDecoder>
}

function takeFrame(decoder: HeapDecoder): DecodedFrame {
  const { width, height, bitsPerSample, componentCount, isSigned } = decoder.getFrameInfo()
  const view = decoder.getDecodedBuffer()
  const samples = width * height * componentCount
  const bytesPerSample = bitsPerSample > 8 ? 2 : 1
  if (view.length < samples * bytesPerSample)
    throw new Error('the codec returned fewer samples than it announced')
  const copy = view.slice(0, samples * bytesPerSample)
  const data =
    bytesPerSample === 1
      ? copy
      : isSigned
        ? new Int16Array(copy.buffer, 0, samples)
        : new Uint16Array(copy.buffer, 0, samples)
  return { width, height, components: componentCount, bits: bitsPerSample, data }
}
