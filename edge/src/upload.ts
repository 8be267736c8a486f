import { AppError } from '@detl/core/api/problem'
import { joinBytes } from '@detl/core/base/join-bytes'
import type { Deadline } from './deadline.ts'

/** The image: the raw body, or the part `image` of multipart/form-data (what an HTML form or `curl -F image=@…` sends). */
export async function readUpload(
  request: Request,
  maxBytes: number,
  deadline: Deadline,
): Promise<Uint8Array> {
  const type = request.headers.get('content-type') ?? ''
  const body = await readBody(request, maxBytes, deadline)
  if (!/^multipart\/form-data\b/i.test(type)) return body
  const form = await new Response(body as Uint8Array<ArrayBuffer>, { headers: { 'content-type': type } })
    .formData()
    .catch((cause) => {
      throw new AppError('request-invalid', 'the multipart body is not well-formed', { cause })
    })
  const part = form.get('image')
  if (!(part instanceof File))
    throw new AppError('image-missing', 'the multipart body needs a file part named "image"')
  return new Uint8Array(await part.arrayBuffer())
}

/**
 * The request's body, refused as soon as it is known to be too large: by its declared length before a byte is read, else while it
 * comes in, or not to come at all. At most `maxBytes` are ever held.
 * @throws AppError image-missing, body-too-large, upload-timeout
 */
async function readBody(request: Request, maxBytes: number, deadline: Deadline): Promise<Uint8Array> {
  const tooLarge = (size: string) =>
    new AppError('body-too-large', `${size} bytes; at most ${maxBytes} are accepted`)
  const declared = request.headers.get('content-length')
  if (declared && Number(declared) > maxBytes) throw tooLarge(declared)
  if (!request.body) throw new AppError('image-missing', 'the body is the image: image/png or image/jpeg')

  const chunks: Uint8Array[] = []
  let length = 0
  const reader = (request.body as ReadableStream<Uint8Array>).getReader()
  const late = () => new AppError('upload-timeout', `the image did not arrive within ${deadline.seconds} s`)
  try {
    for (;;) {
      const { done, value: chunk } = await deadline.within(reader.read(), late)
      if (done) break
      length += chunk.byteLength
      if (length > maxBytes) throw tooLarge(`more than ${maxBytes}`)
      chunks.push(chunk)
    }
  } catch (error) {
    // What else comes is not wanted; a caller that is gone has nothing to be told.
    void reader.cancel().catch(() => undefined)
    throw error
  }
  if (length === 0) throw new AppError('image-missing', 'the body is empty; it must be the image')
  if (chunks.length === 1) return chunks[0]!
  return joinBytes(chunks)
}
