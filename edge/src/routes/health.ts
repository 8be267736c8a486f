import type { Handler } from 'hono'

/** The edge itself is up; whether inference is, each screening says. */
export const health: Handler = (c) => c.json({ status: 'ok' })
