import { once } from 'node:events'
import { connect } from 'node:net'
import { parseConfig } from '@detl/gateway/config'
import { startScp } from '@detl/gateway/sources/dimse-scp'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { associateRequest } from '../support/associate-request.ts'

it('ends the association in which something fails, and goes on with the others', async () => {
  const { dimse } = parseConfig(
    {
      service: { url: 'http://127.0.0.1:9', keyFile: 'key' },
      data: 'data',
      dimse: { aet: 'DETL', port: 11112, callers: [{ aet: 'STORESCU' }] },
      destinations: { pacs: { kind: 'dimse', aet: 'PACS', host: '127.0.0.1', port: 104 } },
    },
    '/',
  )
  const told: { level: number; error?: string }[] = []
  const scp = await startScp({
    config: { ...dimse!, port: 0 },
    maxBytes: 1000,
    receive: () => Promise.reject(new Error('not asked')),
    reports: { from: new Set(), heard: () => false },
    count: () => {
      throw new Error('the disk is full')
    },
    log: pino({ level: 'warn' }, { write: (line: string) => void told.push(JSON.parse(line)) }),
  })
  /** The type of the PDU that answers; undefined where the connection is ended without one. */
  const answerTo = async (calling: string) => {
    const socket = connect(scp.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(associateRequest(calling, 'DETL'))
    const [first] = await Promise.race([once(socket, 'data'), once(socket, 'close').then(() => [])])
    socket.destroy()
    return (first as Buffer | undefined)?.[0]
  }
  try {
    expect(await answerTo('NOBODY')).toBeUndefined() // is counted, which fails
    expect(told).toMatchObject([{ level: 40, error: 'the disk is full' }])
    expect(await answerTo('STORESCU')).toBe(2) // A-ASSOCIATE-AC
  } finally {
    await scp.stop()
  }
})
