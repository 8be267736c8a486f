#!/usr/bin/env bash
# Most people assume: a DICOM server takes presentation contexts in any order: their ids are odd integers from 1 to 255 (PS3.8, section 9.3.2.2), and
# nothing says that they ascend.
# Seen: dcmjs-dimse 0.3.3 gives a context a new id where its own is lower than one before it, and then misses the one that it was sent:
# for 3, 1 there is no A-ASSOCIATE-AC, but a networkError "Invalid presentation context ID: 1". Ids that ascend are taken, gaps too. DCMTK and
# pynetdicom number 1, 3, 5: with them nobody sees it.
# Exits with 1 once that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund dcmjs-dimse@0.3.3 >/dev/null
cat > run.cjs <<'JS'
const { connect } = require('node:net')
const { Scp, Server, constants, log, responses } = require('dcmjs-dimse')
log.setLevel('silent')
class Echo extends Scp {
  constructor(...given) {
    super(...given)
    this.on('networkError', ({ message }) => (this.socket.destroy(), console.log(`  the server: ${message}`)))
  }
  associationRequested(association) {
    for (const { context } of association.getPresentationContexts())
      context.setResult(constants.PresentationContextResult.Accept, context.getTransferSyntaxUids()[0])
    this.sendAssociationAccept()
  }
  cEchoRequest(request, callback) {
    const response = responses.CEchoResponse.fromRequest(request)
    response.setStatus(0)
    callback(response)
  }
}
const server = new Server(Echo)
const port = 20000 + (process.pid % 10000)
server.listen(port)

const item = (type, ...parts) => {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.of(type, 0, body.length >> 8, body.length & 255), body])
}
const pdu = (type, ...parts) => {
  const body = Buffer.concat(parts)
  const head = Buffer.of(type, 0, 0, 0, 0, 0)
  head.writeUInt32BE(body.length, 2)
  return Buffer.concat([head, body])
}
const uid = (type, text) => item(type, Buffer.from(text))
const associate = (ids) =>
  pdu(1, Buffer.of(0, 1, 0, 0), Buffer.from('ANY'.padEnd(16)), Buffer.from('SCU'.padEnd(16)), Buffer.alloc(32), uid(0x10, '1.2.840.10008.3.1.1.1'),
    ...ids.map((id) => item(0x20, Buffer.of(id, 0, 0, 0), uid(0x30, '1.2.840.10008.1.1'), uid(0x40, '1.2.840.10008.1.2'))),
    item(0x50, item(0x51, Buffer.of(0, 0, 0x40, 0)), uid(0x52, '2.25.1')))
const element = (number, value) => {
  const head = Buffer.alloc(8)
  head.writeUInt16LE(number, 2)
  head.writeUInt32LE(value.length, 4)
  return Buffer.concat([head, value])
}
const us = (number, value) => element(number, Buffer.of(value & 255, value >> 8))
const rest = Buffer.concat([element(2, Buffer.from('1.2.840.10008.1.1\0')), us(0x100, 0x30), us(0x110, 1), us(0x800, 0x101)])
const length = Buffer.alloc(4)
length.writeUInt32LE(rest.length)
const command = Buffer.concat([element(0, length), rest])
const echo = (id) => {
  const head = Buffer.alloc(4)
  head.writeUInt32BE(command.length + 2)
  return pdu(4, head, Buffer.of(id, 3), command)
}
const idsIn = (answer) => {
  const ids = []
  for (let at = 74; at < answer.length; at += 4 + answer.readUInt16BE(at + 2)) if (answer[at] === 0x21) ids.push(answer[at + 4])
  return ids
}
const call = (ids) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(associate(ids)))
    let answered
    socket.on('data', (piece) => {
      if (piece[0] === 2) {
        answered = idsIn(piece)
        socket.write(echo(ids.at(-1)))
      } else socket.destroy(), resolve({ answered, echo: piece[0] === 4 })
    })
    socket.on('close', () => resolve({ answered, echo: false }))
  })
;(async () => {
  const seen = []
  for (const ids of [[1, 3, 5], [1, 7], [3, 1]]) {
    const { answered, echo } = await call(ids)
    seen.push(`${ids} -> ${answered ?? 'no A-ASSOCIATE-AC'}, C-ECHO on ${ids.at(-1)} ${echo ? 'answered' : 'not answered'}`)
    console.log(seen.at(-1))
  }
  const wanted = ['1,3,5 -> 1,3,5, C-ECHO on 5 answered', '1,7 -> 1,7, C-ECHO on 7 answered', '3,1 -> no A-ASSOCIATE-AC, C-ECHO on 1 not answered']
  process.exit(seen.join('\n') === wanted.join('\n') ? 0 : 1)
})()
JS
timeout 60 node run.cjs
