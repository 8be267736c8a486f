import { codecs } from '@detl/codecs/modules'
import { codecService } from './service.ts'

const serve = codecService(codecs)

/** The image codecs in a Worker of their own. It has no address: only the edge calls it, over a service binding (wrangler.codecs.toml). */
const worker: ExportedHandler = {
  async fetch(request, _, context) {
    const { response, finished } = await serve(request)
    context.waitUntil(finished) // also when the caller goes away: whoever waits for its turn must get it
    return response
  },
}
export default worker
