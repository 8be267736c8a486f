#!/usr/bin/env bash
# Most people assume: a listener of dcmjs-dimse's Client for N-EVENT-REPORT answers it, however its parameters are written: (event, answer), or (...all).
# Seen: dcmjs-dimse 0.3.3 counts the parameters that the listener declares. With two it hands over the callback. With rest parameters, which count as none, it answers by itself
# with a call to nothing: the peer's event gets no response and the association breaks.
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
const COMMITMENT = '1.2.840.10008.1.20.1'
const INSTANCE = '1.2.840.10008.1.20.1.1'
let heard = []
class Archive extends Scp {
  associationRequested(association) {
    for (const { id, context } of association.getPresentationContexts())
      association.getPresentationContext(id).setResult(constants.PresentationContextResult.Accept, context.getTransferSyntaxUids()[0])
    this.sendAssociationAccept()
  }
  associationReleaseRequested() { this.sendAssociationReleaseResponse() }
  nActionRequest(request, callback) {
    const response = responses.NActionResponse.fromRequest(request)
    response.setStatus(0)
    callback(response)
    const report = new requests.NEventReportRequest(COMMITMENT, INSTANCE, 1)
    report.setDataset(new Dataset({ TransactionUID: '2.25.7' }))
    report.on('response', (r) => heard.push(`response to the event, status ${r.getStatus()}`))
    this.sendRequests(report)
  }
}
const server = new Server(Archive)
const port = 20000 + (process.pid % 10000)
server.listen(port)
const ask = (listener) =>
  new Promise((resolve) => {
    heard = []
    const client = new Client()
    const request = new requests.NActionRequest(COMMITMENT, INSTANCE, 1)
    request.setDataset(new Dataset({ TransactionUID: '2.25.7' }))
    client.addRequest(request)
    client.on('nEventReportRequest', listener)
    client.on('networkError', (error) => heard.push(`error: ${error.message ?? error}`))
    client.on('closed', () => setTimeout(() => resolve(heard.join('; ') || 'nothing'), 300))
    client.send('127.0.0.1', port, 'SCU', 'ANY', { associationLingerTimeout: 1500 })
    setTimeout(() => resolve(heard.join('; ') || 'nothing'), 6000)
  })
process.on('uncaughtException', (error) => heard.push(`uncaught: ${error.message}`))
const answer = (event, callback) => {
  const response = responses.NEventReportResponse.fromRequest(event)
  response.setStatus(0)
  callback(response)
}
;(async () => {
  const two = await ask((event, callback) => answer(event, callback))
  const rest = await ask((...all) => answer(...all))
  console.log(`(event, callback) => …: ${two}`)
  console.log(`(...all) => …:          ${rest}`)
  process.exit(two === 'response to the event, status 0' && rest !== two && !rest.includes('response to the event') ? 0 : 1)
})()
JS
timeout 60 node run.cjs
