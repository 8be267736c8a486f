import { setTimeout as wait } from 'node:timers/promises'
import { AppError, passes } from '@detl/core/api/problem'
import { parseSigningKeys } from '@detl/core/wire/signature'
import { gpuUpstream } from '@detl/edge/upstream'
import { type LoadingScorer, readManifest, type Scored, type Scorer } from './scorer.ts'

/** One call of the server. */
const CALL_MS = 30_000
/** A server that is restarted or scaled up is waited for so long; then the image has failed, and a later run tries it again. */
const PATIENCE_MS = 600_000
const LONGEST_WAIT_MS = 10_000

/**
 * The model on a server of the Open Inference Protocol: our GPU function, KServe, Triton.
 * @param modelDir whose manifest says how tensors are made, and how answers are read
 * @param signingKeys as the GPU function's DETL_SIGNING_KEYS, of which the first signs; a server that checks no signatures needs none
 * @throws AppError request-invalid
 */
export async function loadRemoteScorer(
  modelDir: string,
  gpuUrl: string,
  signingKeys: string | undefined,
): Promise<LoadingScorer> {
  if (!/^https?:$/.test(URL.canParse(gpuUrl) ? new URL(gpuUrl).protocol : ''))
    throw new AppError('request-invalid', `--gpu ${gpuUrl}: expected an http or https address`)
  const manifest = await readManifest(modelDir)
  const signingKey = signingKeys === undefined ? undefined : parseSigningKeys(signingKeys)[0]
  const url = gpuUrl.replace(/\/$/, '')
  const infer = gpuUpstream({ gpuUrl: url, gpuDeadlineMs: CALL_MS, signingKey, manifest })
  const closed = new AbortController()

  async function score(tensor: Uint8Array): Promise<Scored> {
    const until = performance.now() + PATIENCE_MS
    for (let waitMs = 250; ; waitMs = Math.min(LONGEST_WAIT_MS, 2 * waitMs)) {
      try {
        return await infer(tensor, { requestId: crypto.randomUUID(), mode: 'live', signal: closed.signal })
      } catch (error) {
        if (passes(error) && !closed.signal.aborted && performance.now() < until) {
          await wait(waitMs * (0.5 + Math.random()))
          continue
        }
        if (error instanceof AppError) return { error: error.detail, code: error.code }
        return { error: String(error) }
      }
    }
  }
  const scorer: Scorer = {
    manifest,
    where: url,
    serve: (port) =>
      port.once('message', (tensor: Uint8Array) =>
        // A tensor of its own: what comes through a port may be a view.
        score(new Uint8Array(tensor)).then((scored) => port.postMessage(scored)),
      ),
    close: async () => closed.abort(),
  }
  return { manifest, loaded: Promise.resolve(scorer) }
}
