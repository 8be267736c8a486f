/**
 * Inflates at most `limit` bytes; what a bomb would give beyond that is never produced.
 * @returns `cut` if the stream went on after the limit
 */
export async function inflateUpTo(
  compressed: readonly Uint8Array[],
  format: 'deflate' | 'deflate-raw',
  limit: number,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; cut: boolean }> {
  const pieces: Uint8Array[] = []
  let length = 0
  const cut = await inflatePieces(compressed, format, (piece) => {
    const wanted = piece.subarray(0, limit - length)
    pieces.push(wanted)
    length += wanted.length
    return wanted.length === piece.length
  })
  const bytes = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return { bytes, cut }
}

/**
 * Inflates piece by piece until `onPiece` says false.
 * @returns whether it was stopped
 * @throws if the data are damaged or end early
 */
export async function inflatePieces(
  compressed: readonly Uint8Array[],
  format: 'deflate' | 'deflate-raw',
  onPiece: (piece: Uint8Array) => boolean,
): Promise<boolean> {
  const stream = new DecompressionStream(format)
  const reader = stream.readable.getReader()
  // A failure of the writing side shows up on the reading side too; it is thrown from there.
  const written = feed(stream.writable.getWriter(), compressed).catch(() => undefined)
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    if (!onPiece(value)) {
      await reader.cancel()
      return true
    }
  }
  await written
  return false
}

async function feed(writer: ByteWriter, chunks: readonly Uint8Array[]): Promise<void> {
  const step = 1 << 16 // so that back-pressure holds also for one 60 MB chunk
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += step) await writer.write(chunk.subarray(at, at + step))
  }
  await writer.close()
}
