import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'

const require = createRequire(resolve(import.meta.dirname, '../../codecs/src/x.js'))

type FrameInfo = {
  width: number
  height: number
  bitsPerSample: number
  componentCount: number
  isSigned: boolean
  isUsingColorTransform: boolean
}
type Encoder = {
  getDecodedBuffer(info: FrameInfo): Uint8Array
  getEncodedBuffer(): Uint8Array
  encode(): void
  setNearLossless?(near: number): void
  setQuality?(...values: unknown[]): void
}

const ENCODERS = {
  'jpeg-ls': ['charls', 'JpegLSEncoder'],
  'jpeg-2000': ['openjpeg', 'J2KEncoder'],
  htj2k: ['openjph', 'HTJ2KEncoder'],
} as const

/** An object of a class of one of the codec packages, on a heap of its own. */
async function make<T>(name: string, className: string): Promise<T> {
  const factory = require(`@cornerstonejs/codec-${name}/wasmjs`)
  const wasmBinary = await readFile(require.resolve(`@cornerstonejs/codec-${name}/wasm`))
  const quiet = () => undefined
  const exports = (await factory({ wasmBinary, print: quiet, printErr: quiet })) as Record<
    string,
    new () => T
  >
  return new exports[className]!()
}

/** The samples of a JPEG-LS codestream as CharLS decodes them. */
export async function decodeByCharls(stream: Uint8Array): Promise<Uint8Array | Uint16Array> {
  type Decoder = {
    getEncodedBuffer(length: number): Uint8Array
    getDecodedBuffer(): Uint8Array
    getFrameInfo(): FrameInfo
    decode(): void
  }
  const decoder = await make<Decoder>('charls', 'JpegLSDecoder')
  decoder.getEncodedBuffer(stream.length).set(stream)
  decoder.decode()
  const bytes = decoder.getDecodedBuffer().slice()
  return decoder.getFrameInfo().bitsPerSample > 8 ? new Uint16Array(bytes.buffer) : bytes
}

/** Codestreams, lossless unless `near` says otherwise, for tests, by the encoders of the packages whose decoders are under test. */
export async function encode(
  kind: keyof typeof ENCODERS,
  image: { width: number; height: number; data: Uint8Array | Uint16Array | Int16Array | Int8Array },
  bits = 12,
  near = 0,
  signed = false,
): Promise<Uint8Array<ArrayBuffer>> {
  const [name, className] = ENCODERS[kind]
  const encoder = await make<Encoder>(name, className)
  const { width, height, data } = image
  const info = {
    width,
    height,
    bitsPerSample: bits,
    componentCount: 1,
    isSigned: signed,
    isUsingColorTransform: false,
  }
  encoder.getDecodedBuffer(info).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  if (near > 0) encoder.setNearLossless?.(near)
  if (kind === 'htj2k') encoder.setQuality?.(true, 0)
  encoder.encode()
  return encoder.getEncodedBuffer().slice()
}
