#!/usr/bin/env bash
# Most people assume: an image that dcmjs-dimse's SCP receives and writes to a file has all elements that were sent.
# Seen: dcmjs-dimse 0.3.3 answers success, and the file that its Dataset writes has no private element. The bytes of the network are whole: who keeps
# those (createStoreWritableStream) keeps all.
# Exits with 1 once that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund dcmjs-dimse@0.3.3 >/dev/null
cat > run.cjs <<'JS'
const { Client, Dataset, Scp, Server, constants, log, requests, responses } = require('dcmjs-dimse')
const { Writable } = require('node:stream')
const { readFileSync } = require('node:fs')
console.log = ((print) => (line) => String(line).startsWith('seen: ') && print(line))(console.log) // it prints what it drops
console.warn = console.error = () => {}
log.setLevel('silent')
const SC = '1.2.840.10008.5.1.4.1.1.7'
const EXPLICIT = '1.2.840.10008.1.2.1'
const element = (group, number, vr, text) => {
  const value = Buffer.from(text.length % 2 ? `${text}${vr === 'UI' ? '\0' : ' '}` : text)
  const head = Buffer.alloc(8)
  head.writeUInt16LE(group, 0)
  head.writeUInt16LE(number, 2)
  head.write(vr, 4)
  head.writeUInt16LE(value.length, 6)
  return Buffer.concat([head, value])
}
const sent = Buffer.concat([
  element(0x0008, 0x0016, 'UI', SC),
  element(0x0008, 0x0018, 'UI', '2.25.1'),
  element(0x0009, 0x0010, 'LO', 'A VENDOR'),
  element(0x0009, 0x1001, 'LO', 'a private value'),
  element(0x0010, 0x0020, 'LO', 'PATIENT-1'),
])
class AsBytes extends Dataset { getDenaturalizedDataset() { return sent } }
let network = Buffer.alloc(0)
class Archive extends Scp {
  associationRequested(association) {
    for (const { id } of association.getPresentationContexts())
      association.getPresentationContext(id).setResult(constants.PresentationContextResult.Accept, EXPLICIT)
    this.sendAssociationAccept()
  }
  associationReleaseRequested() { this.sendAssociationReleaseResponse() }
  createStoreWritableStream() {
    return new Writable({ write: (piece, _, done) => { network = Buffer.concat([network, piece]); done() } })
  }
  createDatasetFromStoreWritableStream(_, context, callback) { callback(new Dataset(network, context.getAcceptedTransferSyntaxUid())) }
  cStoreRequest(request, callback) {
    request.getDataset().toFile('received.dcm')
    const response = responses.CStoreResponse.fromRequest(request)
    response.setStatus(0)
    callback(response)
  }
}
const port = 20000 + ((process.pid + 1) % 10000)
new Server(Archive).listen(port)
const client = new Client()
const request = new requests.CStoreRequest(new AsBytes({ SOPClassUID: SC, SOPInstanceUID: '2.25.1' }, EXPLICIT))
let status
request.on('response', (response) => { status = response.getStatus() })
client.addRequest(request)
client.on('closed', () => {
  const file = readFileSync('received.dcm')
  const has = (bytes) => ['a private value', 'PATIENT-1'].map((text) => bytes.includes(text)).join(' and ')
  console.log(`seen: status ${status}; private and patient's element in the bytes of the network: ${has(network)}; in the file: ${has(file)}`)
  process.exit(status === 0 && has(network) === 'true and true' && has(file) === 'false and true' ? 0 : 1)
})
client.send('127.0.0.1', port, 'SCU', 'ANY', {})
JS
timeout 60 node run.cjs
