import type { Codecs, DecodedFrame } from '@detl/core/image/codecs'
import { remoteCodecs } from '@detl/edge/codecs/remote'
import { codecService } from '@detl/edge/codecs/service'
import { afterEach, describe, expect, it, vi } from 'vitest'

const refuse = async (): Promise<DecodedFrame> => {
  throw new Error('damaged')
}
const none: Codecs = {
  jpeg: refuse,
  jpegExtended: refuse,
  jpegLossless: refuse,
  jpegLs: refuse,
  jpeg2000: refuse,
  htj2k: refuse,
}
const frame = (data: DecodedFrame['data'], width = data.length): DecodedFrame => ({
  width,
  height: data.length / width,
  components: 1,
  bits: 8 * data.BYTES_PER_ELEMENT,
  data,
})

/** Edge and codecs Worker with nothing between them but request and response. */
function connect(codecs: Partial<Codecs>, stalledMs?: number) {
  const serve = codecService({ ...none, ...codecs }, stalledMs)
  return {
    serve,
    remote: remoteCodecs({ fetch: async (request) => (await serve(request)).response }),
  }
}

describe('a codec in another Worker', () => {
  afterEach(() => vi.restoreAllMocks())

  it('gives the frame as it is, whatever its samples are, larger than a remote call may be', async () => {
    const large = new Uint16Array(17_000_000).map((_, i) => i * 7)
    const signed = Int16Array.of(-32_768, -1, 0, 32_767)
    const bytes = Uint8Array.of(0, 127, 255)
    const { remote } = connect({
      jpegLs: async () => frame(large, 4250),
      jpeg2000: async () => frame(signed, 2),
      jpeg: async () => frame(bytes),
    })
    const back = await remote.jpegLs(new Uint8Array(1))
    expect(back).toMatchObject({ width: 4250, height: 4000, components: 1, bits: 16 })
    expect(Buffer.compare(Buffer.from(back.data.buffer), Buffer.from(large.buffer))).toBe(0)
    expect((await remote.jpeg2000(new Uint8Array(1), 0)).data).toEqual(signed)
    expect((await remote.jpeg(new Uint8Array(1), 0)).data).toEqual(bytes)
  })

  it('is told the bytes and how often to halve', async () => {
    const told: unknown[] = []
    const { remote } = connect({
      htj2k: async (bytes, halvings) => {
        told.push([...bytes], halvings)
        return frame(Uint8Array.of(1))
      },
    })
    await remote.htj2k(Uint8Array.of(9, 8, 7).subarray(1), 2)
    expect(told).toEqual([[8, 7], 2])
  })

  it('fails on damaged data as a codec does, and is there for the next image', async () => {
    let calls = 0
    const { remote } = connect({
      jpeg: async () => {
        if (calls++ === 0) throw new Error('no such marker')
        return frame(Uint8Array.of(1))
      },
    })
    await expect(remote.jpeg(new Uint8Array(1), 0)).rejects.toThrow('no such marker')
    expect((await remote.jpeg(new Uint8Array(1), 0)).width).toBe(1)
  })

  it.each([
    ['is gone', () => Promise.reject(new Error('Network connection lost'))],
    ['fails', () => Promise.resolve(new Response('exceeded its memory', { status: 503 }))],
    ['answers something else', () => Promise.resolve(new Response('hello'))],
  ])('is told apart from damaged data when it %s: the caller may come again', async (_, fetch) => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined)
    await expect(remoteCodecs({ fetch }).jpeg(new Uint8Array(1), 0)).rejects.toMatchObject({
      code: 'overloaded',
    })
  })

  it('decodes one image at a time, and gives its memory back when the last sample was taken', async () => {
    const events: string[] = []
    const { serve } = connect({
      jpeg: async (bytes) => {
        events.push(`decode ${bytes[0]}`)
        const release = () => void events.push(`release ${bytes[0]}`)
        return { ...frame(new Uint8Array(3 * 2 ** 20)), release }
      },
    })
    const post = (n: number) =>
      serve(new Request('https://codecs/jpeg', { method: 'POST', body: Uint8Array.of(n) }))
    const [first, second] = [await post(1), post(2)]
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(events).toEqual(['decode 1'])
    await first.response.arrayBuffer()
    await (await second).response.arrayBuffer()
    expect(events).toEqual(['decode 1', 'release 1', 'decode 2', 'release 2'])
  })

  it.each([
    ['goes away', (response: Response) => response.body?.cancel()],
    ['takes nothing', () => undefined],
  ])('goes on to the next image when a caller %s', async (_, leave) => {
    const { serve } = connect({ jpeg: async () => frame(new Uint8Array(3 * 2 ** 20)) }, 30)
    const post = () => serve(new Request('https://codecs/jpeg', { method: 'POST', body: Uint8Array.of(1) }))
    const abandoned = await post()
    await leave(abandoned.response)
    await abandoned.finished
    expect((await (await post()).response.arrayBuffer()).byteLength).toBe(3 * 2 ** 20)
  })

  it('knows no other paths and methods', async () => {
    const { serve } = connect({})
    const status = async (path: string, method = 'POST') =>
      (
        await serve(
          new Request(`https://codecs/${path}`, { method, ...(method === 'POST' && { body: 'x' }) }),
        )
      ).response.status
    expect(await status('toString')).toBe(404)
    expect(await status('jpeg?halvings=-1')).toBe(404)
    expect(await status('jpeg', 'GET')).toBe(404)
  })
})
