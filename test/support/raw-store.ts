import { once } from 'node:events'
import { connect } from 'node:net'
import { type Asked, associateRequest } from './associate-request.ts'

/** Types of PDUs (PS3.8, section 9.3.1). */
const ACCEPTED = 2
const DATA = 4

/**
 * C-STORE by a sender that chooses the ids of its presentation contexts itself.
 * @param asked the contexts, in the order in which they are sent
 * @param id of the context that the object is sent in
 * @returns ids of the answer to the request, and the status of the store; null where the association was ended before
 */
export async function rawStore(
  port: number,
  asked: readonly Asked[],
  { id, object }: { id: number; object: { sopClass: string; sopInstance: string; bytes: Uint8Array } },
): Promise<{ ids: number[]; status: number } | null> {
  const socket = connect(port, '127.0.0.1')
  const ended = once(socket, 'close').then(() => [undefined])
  const next = async (): Promise<Buffer | undefined> => (await Promise.race([once(socket, 'data'), ended]))[0]
  try {
    socket.write(associateRequest('STORESCU', 'DETL', asked))
    const answer = await next()
    if (answer?.[0] !== ACCEPTED) return null
    socket.write(dataPdu(id, 3, storeCommand(object)))
    socket.write(dataPdu(id, 2, object.bytes))
    const response = await next()
    return response?.[0] === DATA ? { ids: idsIn(answer), status: statusIn(response) } : null
  } finally {
    socket.destroy()
  }
}

/** P-DATA-TF of one value (PS3.8, section 9.3.5). @param header bit 0: of the command; bit 1: the last of it */
function dataPdu(id: number, header: number, value: Uint8Array): Buffer {
  const head = Buffer.alloc(12)
  head[0] = DATA
  head.writeUInt32BE(value.length + 6, 2)
  head.writeUInt32BE(value.length + 2, 6)
  head[10] = id
  head[11] = header
  return Buffer.concat([head, value])
}

/** C-STORE-RQ (PS3.7, section 9.3.1.1), in implicit VR little endian as every command. */
function storeCommand({ sopClass, sopInstance }: { sopClass: string; sopInstance: string }): Buffer {
  const element = (number: number, value: Buffer) => {
    const head = Buffer.alloc(8)
    head.writeUInt16LE(number, 2)
    head.writeUInt32LE(value.length, 4)
    return Buffer.concat([head, value])
  }
  const uid = (text: string) => Buffer.from(text.length % 2 ? `${text}\0` : text)
  const short = (value: number) => Buffer.of(value & 255, value >> 8)
  const rest = Buffer.concat([
    element(0x0002, uid(sopClass)),
    element(0x0100, short(1)), // C-STORE-RQ
    element(0x0110, short(1)), // message ID
    element(0x0700, short(0)), // priority
    element(0x0800, short(0)), // a data set follows
    element(0x1000, uid(sopInstance)),
  ])
  const length = Buffer.alloc(4)
  length.writeUInt32LE(rest.length)
  return Buffer.concat([element(0x0000, length), rest])
}

/** Of the presentation contexts in an A-ASSOCIATE-AC (PS3.8, section 9.3.3). */
function idsIn(answer: Buffer): number[] {
  const ids: number[] = []
  for (let at = 74; at < answer.length; at += 4 + answer.readUInt16BE(at + 2))
    if (answer[at] === 0x21) ids.push(answer[at + 4]!)
  return ids
}

/** (0000,0900) of a command. */
function statusIn(response: Buffer): number {
  for (let at = 12; at < response.length; at += 8 + response.readUInt32LE(at + 4))
    if (response.readUInt16LE(at + 2) === 0x0900) return response.readUInt16LE(at + 8)
  throw new Error('the response has no status')
}
