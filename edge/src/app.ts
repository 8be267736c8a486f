import type { Codecs } from '@detl/core/image/codecs'
import type { ImageLimits } from '@detl/core/image/limits'
import type { Manifest } from '@detl/core/model/manifest'
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { requestId } from 'hono/request-id'
import { secureHeaders } from 'hono/secure-headers'
import { timing } from 'hono/timing'
import { auth, type FindAccount } from './middleware/auth.ts'
import { notFound, problem } from './middleware/problem.ts'
import { health } from './routes/health.ts'
import { model } from './routes/model.ts'
import { screen } from './routes/screenings.ts'
import type { Infer } from './upstream.ts'

export type Deps = {
  readonly manifest: Manifest
  readonly limits: ImageLimits
  readonly maxBodyBytes: number
  readonly codecs: Codecs
  readonly infer: Infer
  readonly findAccount: FindAccount
  readonly keyPepper: string
}

export type EdgeContext = { Variables: { requestId: string; account: string } }

/** The route table: read this first. */
export function createApp(deps: Deps): Hono<EdgeContext> {
  const app = new Hono<EdgeContext>()
  app.onError(problem)
  app.notFound(notFound)
  app.use(requestId({ headerName: '' })) // made here: a caller's own id would let it write into our log lines
  app.use(timing(), secureHeaders(), cors({ origin: '*', maxAge: 600, exposeHeaders: ['Server-Timing'] }))

  app.get('/v1/health', health)
  app.get('/v1/model', model(deps))
  app.use('/v1/screenings/*', auth(deps.findAccount, deps.keyPepper))
  app.post('/v1/screenings', screen(deps))
  return app
}
