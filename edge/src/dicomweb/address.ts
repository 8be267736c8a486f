import type { Context } from 'hono'
import type { EdgeContext } from '../context.ts'

export const BASE = '/v1/dicomweb'

/** Where the service lies, for the addresses in its answers. */
export const baseOf = (c: Context<EdgeContext>): string => new URL(c.req.url).origin + BASE
