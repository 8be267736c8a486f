/**
 * The few globals that Node, Workers and browsers share and core uses. Anything that is not declared here
 * (document, Buffer, process, …) fails to compile in core, which is what keeps one source for all runtimes.
 */
declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean })
  decode(bytes?: ArrayBufferView | ArrayBuffer): string
}
declare function btoa(binary: string): string
declare function atob(base64: string): string
declare const performance: { now(): number }
declare const crypto: {
  randomUUID(): string
  getRandomValues(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>
  subtle: {
    digest(algorithm: 'SHA-256', data: ArrayBufferView | ArrayBuffer): Promise<ArrayBuffer>
    importKey(
      format: 'raw',
      keyData: ArrayBufferView | ArrayBuffer,
      algorithm: { name: 'HMAC'; hash: 'SHA-256' },
      extractable: boolean,
      usages: readonly ('sign' | 'verify')[],
    ): Promise<unknown>
    sign(algorithm: 'HMAC', key: unknown, data: ArrayBufferView | ArrayBuffer): Promise<ArrayBuffer>
    verify(
      algorithm: 'HMAC',
      key: unknown,
      signature: ArrayBufferView | ArrayBuffer,
      data: ArrayBufferView | ArrayBuffer,
    ): Promise<boolean>
  }
}

type ByteReader = {
  read(): Promise<{ done: false; value: Uint8Array<ArrayBuffer> } | { done: true; value?: undefined }>
  cancel(reason?: unknown): Promise<void>
}
/** Reads into the caller's buffer, which changes hands: `value.buffer` is the next one to give. */
type ByobReader = {
  read(into: Uint8Array<ArrayBuffer>): Promise<{ done: boolean; value: Uint8Array<ArrayBuffer> | undefined }>
  cancel(reason?: unknown): Promise<void>
}
type ByteReadable = {
  getReader(): ByteReader
  /** @throws TypeError where the stream is no byte stream */
  getReader(options: { mode: 'byob' }): ByobReader
}
type ByteWriter = { write(chunk: Uint8Array): Promise<void>; close(): Promise<void>; abort(): Promise<void> }
declare class DecompressionStream {
  constructor(format: 'deflate' | 'deflate-raw' | 'gzip')
  readonly readable: ByteReadable
  readonly writable: { getWriter(): ByteWriter }
}
declare class CompressionStream {
  constructor(format: 'deflate' | 'deflate-raw' | 'gzip')
  readonly readable: { getReader(): ByteReader }
  readonly writable: { getWriter(): ByteWriter }
}
declare function atob(base64: string): string
