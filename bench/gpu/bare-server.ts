/**
 * What a call costs at least on `node:http`: a server that reads the body, runs the model in the same kind of thread as the GPU function, and answers with the
 * outputs' bytes. No signature, no protocol, no queue, no log. argv: model.onnx, port. Prints `ready`.
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { openSession } from '../../gpu-function/src/session.ts'
import { rowBytes } from '../../gpu-function/src/session-messages.ts'

const [file = '', port = ''] = process.argv.slice(2)
const session = await openSession(Uint8Array.from(readFileSync(file)).buffer, {
  providers: ['cpu'],
  threads: 1,
  maxRows: 1,
})
const length = rowBytes(session.image)
const outputs = ['probabilities', 'cam']

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', async () => {
    // The row is the last part of the protocol's body.
    const inputs = [Buffer.concat(chunks).subarray(-length)]
    const result = await session.run({ inputs, rows: 1, outputs })
    const body = Buffer.concat(result.outputs.map(({ data }) => data))
    const timing = `run;dur=${result.runMs.toFixed(2)};desc="1 rows"`
    response.writeHead(200, { 'content-length': body.length, 'server-timing': timing })
    response.end(body)
  })
})
server.listen(Number(port), '127.0.0.1', () => console.log('ready'))
