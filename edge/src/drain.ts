const DRAIN_MS = 3000

/**
 * Reads what else comes, for nobody, before the refusal is sent: a stream that is cancelled closes the connection, and who is between caller and edge
 * and still sends loses the answer with it.
 */
export async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  const until = Date.now() + DRAIN_MS
  try {
    while (Date.now() < until) if ((await reader.read()).done) return
    await reader.cancel()
  } catch {
    // The caller is gone, and has nothing to be told.
  }
}

/** A body's pieces; who stops in the middle has refused it, and the rest is read for nobody. */
export async function* piecesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  let over = false
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        over = true
        throw error
      })
      over = done
      if (done) return
      yield value
    }
  } finally {
    if (!over) await drain(reader)
  }
}
