/** A presentation context that is asked for, by default in implicit VR. */
export type Asked = { readonly id: number; readonly abstractSyntax: string; readonly transferSyntax?: string }

const VERIFICATION = '1.2.840.10008.1.1'
const IMPLICIT = '1.2.840.10008.1.2'

/** A-ASSOCIATE-RQ (PS3.8, section 9.3.2), for Verification in implicit VR unless told: an association as it is asked for, and nothing more. */
export function associateRequest(
  calling: string,
  called: string,
  asked: readonly Asked[] = [{ id: 1, abstractSyntax: VERIFICATION }],
): Buffer {
  const item = (type: number, ...content: Buffer[]) => {
    const body = Buffer.concat(content)
    return Buffer.concat([Buffer.of(type, 0, body.length >> 8, body.length & 255), body])
  }
  const uid = (type: number, text: string) => item(type, Buffer.from(text))
  const contexts = asked.map(({ id, abstractSyntax, transferSyntax = IMPLICIT }) =>
    item(0x20, Buffer.of(id, 0, 0, 0), uid(0x30, abstractSyntax), uid(0x40, transferSyntax)),
  )
  const user = item(0x50, item(0x51, Buffer.of(0, 0, 0x40, 0)), uid(0x52, '2.25.1'))
  const body = Buffer.concat([
    Buffer.of(0, 1, 0, 0),
    Buffer.from(called.padEnd(16)),
    Buffer.from(calling.padEnd(16)),
    Buffer.alloc(32),
    uid(0x10, '1.2.840.10008.3.1.1.1'),
    ...contexts,
    user,
  ])
  const head = Buffer.of(1, 0, 0, 0, 0, 0)
  head.writeUInt32BE(body.length, 2)
  return Buffer.concat([head, body])
}
