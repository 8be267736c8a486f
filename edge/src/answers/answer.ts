import type { Settings } from '@detl/core/api/account'
import type { Scores } from '@detl/core/api/screening'
import type { Intake } from '@detl/core/intake/intake'
import type { Manifest } from '@detl/core/model/manifest'
import type { Context } from 'hono'
import { accepts } from 'hono/accepts'
import type { EdgeContext } from '../app.ts'
import { toJson } from './json.ts'
import { toPng } from './png.ts'

/** Everything a representation is made from. */
export type Answer = {
  readonly id: string
  readonly manifest: Manifest
  readonly intake: Intake
  readonly scores: Scores
  readonly servedBy: 'gpu' | 'edge'
  readonly settings: Settings
}

/** One resource, several representations (RFC 9110, section 12.5.1); JSON unless the caller prefers another. */
export async function answer(c: Context<EdgeContext>, result: Answer): Promise<Response> {
  const type = accepts(c, {
    header: 'Accept',
    supports: ['application/json', 'image/png'],
    default: 'application/json',
  })
  c.header('Vary', 'Accept')
  c.header('Cache-Control', 'no-store')
  if (type === 'image/png') return c.body(await toPng(result), 200, { 'content-type': 'image/png' })
  return c.json(toJson(result))
}
