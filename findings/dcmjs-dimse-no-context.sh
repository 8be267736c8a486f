#!/usr/bin/env bash
# Most people assume: dcmjs-dimse's Client tells, by an event or an error, that an object was not sent.
# Seen: dcmjs-dimse 0.3.3, where the archive accepts the association but no presentation context for the object's class: no response, no
# networkError; `closed` comes as after a store that went well. Only a count of the responses tells.
# Exits with 1 once that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund dcmjs-dimse@0.3.3 >/dev/null
cat > run.cjs <<'JS'
const { Client, Dataset, Scp, Server, constants, log, requests, responses } = require('dcmjs-dimse')
log.setLevel('silent')
const SR = '1.2.840.10008.5.1.4.1.1.88.33'
const SC = '1.2.840.10008.5.1.4.1.1.7'
class Archive extends Scp {
  associationRequested(association) {
    for (const { id, context } of association.getPresentationContexts()) {
      const taken = context.getAbstractSyntaxUid() === SC
      const { Accept, RejectAbstractSyntaxNotSupported } = constants.PresentationContextResult
      association.getPresentationContext(id).setResult(taken ? Accept : RejectAbstractSyntaxNotSupported, context.getTransferSyntaxUids()[0])
    }
    this.sendAssociationAccept()
  }
  associationReleaseRequested() { this.sendAssociationReleaseResponse() }
  cStoreRequest(request, callback) {
    const response = responses.CStoreResponse.fromRequest(request)
    response.setStatus(0)
    callback(response)
  }
}
const server = new Server(Archive)
const port = 20000 + (process.pid % 10000)
server.listen(port)
const store = (sopClass) =>
  new Promise((resolve) => {
    const seen = []
    const client = new Client()
    const request = new requests.CStoreRequest(new Dataset({ SOPClassUID: sopClass, SOPInstanceUID: '2.25.1' }, '1.2.840.10008.1.2'))
    request.on('response', () => seen.push('response'))
    client.addRequest(request)
    for (const name of ['networkError', 'associationRejected', 'associationReleased', 'closed']) client.on(name, () => seen.push(name))
    client.on('closed', () => resolve(seen.join(', ')))
    client.send('127.0.0.1', port, 'SCU', 'ANY', {})
  })
;(async () => {
  const accepted = await store(SC)
  const refused = await store(SR)
  console.log(`class accepted: ${accepted}`)
  console.log(`class refused:  ${refused}`)
  process.exit(accepted === 'response, associationReleased, closed' && refused === 'associationReleased, closed' ? 0 : 1)
})()
JS
timeout 60 node run.cjs
