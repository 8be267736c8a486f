import { AppError } from '@detl/core/api/problem'
import type { Codecs, DecodedFrame } from '@detl/core/image/codecs'
import { FRAME_HEADER, readFrame, UNDECODABLE } from './frame.ts'

/**
 * Core's codecs, run in the Worker `detl-codecs` (`worker.ts`). Bodies, not remote calls: a call may carry 32 MiB, and the samples of an
 * image be more.
 * @throws Error on damaged data, as every codec does; AppError overloaded when the Worker cannot be reached or ended in the middle, as
 *   one that outgrows its memory does
 */
export function remoteCodecs(service: { fetch(request: Request): Promise<Response> }): Codecs {
  const call =
    (name: keyof Codecs) =>
    async (bytes: Uint8Array, halvings = 0): Promise<DecodedFrame> => {
      const body = bytes as Uint8Array<ArrayBuffer>
      const url = `https://codecs/${name}?halvings=${halvings}` // the host is not looked at
      try {
        const response = await service.fetch(new Request(url, { method: 'POST', body }))
        if (response.status === UNDECODABLE) throw new Undecodable(await response.text())
        if (!response.ok) throw new Error(`the codecs answered ${response.status}: ${await response.text()}`)
        return readFrame(response.headers.get(FRAME_HEADER), await response.arrayBuffer())
      } catch (cause) {
        if (cause instanceof Undecodable) throw cause
        console.error(JSON.stringify({ level: 'error', event: 'codecs-failed', name, error: String(cause) }))
        throw new AppError('overloaded', 'the image decoder is not available; try again shortly', { cause })
      }
    }
  return {
    jpeg: call('jpeg'),
    jpegExtended: call('jpegExtended'),
    jpegLossless: call('jpegLossless'),
    jpegLs: call('jpegLs'),
    jpeg2000: call('jpeg2000'),
    htj2k: call('htj2k'),
  }
}

class Undecodable extends Error {
  override readonly name = 'Undecodable'
}
