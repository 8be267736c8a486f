import { joinBytes } from '@detl/core/base/join-bytes'
import type { Context } from 'hono'
import type { EdgeContext } from '../context.ts'
import type { Wanted } from './negotiate.ts'
import type { Beside, Row } from './representations.ts'

type Rendered = { readonly type: string; readonly body: Uint8Array<ArrayBuffer> }

/** One resource, several representations (RFC 9110, section 12.5.1). */
export async function answer<N extends string, A extends { readonly id: string; readonly language: string }>(
  c: Context<EdgeContext>,
  rows: Readonly<Record<N, Row<A>>>,
  wanted: Wanted<N>,
  result: A,
): Promise<Response> {
  const parts: Rendered[] = []
  const beside = wanted.multipart ? addresses(wanted.parts, result.id) : {}
  for (const part of wanted.parts) parts.push(await rendered(rows[part], result, beside))
  const whole = wanted.multipart ? related(parts, result.id) : parts[0]!
  c.header('Vary', 'Accept, Accept-Language')
  c.header('Content-Language', result.language)
  return c.body(whole.body, 200, { 'content-type': whole.type })
}

/** Where the parts of one answer find each other (RFC 2392). */
function addresses(parts: readonly string[], id: string): Beside {
  const png = parts.indexOf('png')
  return png < 0 ? {} : { png: `cid:${contentId(id, png)}` }
}
const contentId = (id: string, part: number) => `${id}.${part}@detl`

async function rendered<A>(row: Row<A>, result: A, beside: Beside): Promise<Rendered> {
  const { type, parameters = {}, render } = row
  const told = Object.entries(parameters).map(([key, value]) => `; ${key}=${value}`)
  return { type: type + told.join(''), body: await render(result, beside) }
}

const utf8 = (value: string) => new TextEncoder().encode(value)

/** multipart/related (RFC 2387); the boundary is made of the screening's id, so it occurs in no part by chance. */
function related(parts: readonly Rendered[], id: string): Rendered {
  const boundary = `detl-${id}-part`
  const pieces = parts.flatMap(({ type, body }, i) => [
    utf8(`--${boundary}\r\nContent-Type: ${type}\r\nContent-ID: <${contentId(id, i)}>\r\n\r\n`),
    body,
    utf8('\r\n'),
  ])
  pieces.push(utf8(`--${boundary}--\r\n`))
  const root = parts[0]!.type.split(';')[0]
  return { type: `multipart/related; boundary="${boundary}"; type="${root}"`, body: joinBytes(pieces) }
}
