import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { Writable } from 'node:stream'
import { createServer as createTlsServer } from 'node:tls'
import { asPart10, IMPLEMENTATION_NAME, IMPLEMENTATION_UID } from '@detl/core/answers/dicom/writer'
import { joinBytes } from '@detl/core/base/join-bytes'
import { DEFLATED, encodingsOf } from '@detl/core/image/dicom/syntax'
import { isUid } from '@detl/core/image/dicom/uid-format'
import dimse from 'dcmjs-dimse'
import type { Logger } from 'pino'
import type { GatewayConfig } from '../config.ts'
import { RawDataset } from '../dicom/raw-dataset.ts'
import { tlsOptions } from '../tls.ts'
import { watchConnections } from './connections.ts'
import { keepContextIds } from './context-ids.ts'
import { guardSocket, MAX_PDU } from './pdu-guard.ts'
import { type Receive, type Reception, SCREENED_CLASSES } from './receive.ts'

type ScpConfig = NonNullable<GatewayConfig['dimse']>
type Deps = {
  readonly config: ScpConfig
  readonly maxBytes: number
  readonly receive: Receive
  /** N-EVENT-REPORT of storage commitment: from which callers, and who hears it. @returns whether somebody waited for it */
  readonly reports: {
    readonly from: ReadonlySet<string>
    readonly heard: (
      request: dimse.requests.NEventReportRequest,
      answer: (response: dimse.responses.NEventReportResponse) => void,
    ) => boolean
  }
  readonly count: (name: string, n?: number) => void
  readonly log: Logger
}

const { PresentationContextResult, RejectResult, RejectSource, RejectReason, SopClass } = dimse.constants
const { CEchoResponse, CStoreResponse } = dimse.responses

dimse.log.setLevel('silent') // it would print what it reads, values of patients among it
dimse.Implementation.setImplementationClassUid(IMPLEMENTATION_UID)
dimse.Implementation.setImplementationVersion(IMPLEMENTATION_NAME)
dimse.Implementation.setMaxPduLength(MAX_PDU)
keepContextIds()

/** Status of a C-STORE (PS3.4, annex B.2.3). What is left alone is no failure of the sender's. */
const STATUS: Readonly<Record<Reception, number>> = {
  accepted: 0x0000,
  again: 0x0000,
  'left-alone': 0x0000,
  contradicted: 0x0000,
  full: 0xa700, // out of resources: the sender tries again
  unreadable: 0xc000, // cannot understand
  mismatch: 0xa900, // the data set is not what the command says
}
const OUT_OF_RESOURCES = 0xa700
const NOT_UNDERSTOOD = 0xc000

/** C-ECHO and C-STORE as SCP, on an address of its own. @throws Error where the address is taken */
export async function startScp(deps: Deps): Promise<{ port: number; stop: () => Promise<void> }> {
  const { config } = deps
  const { maxAssociations } = config
  const serve = (socket: Socket) => {
    guardSocket(socket)
    new Association(socket, {
      ...deps,
      busy: () => connections.associations() >= maxAssociations,
      accepted: () => connections.associated(socket),
    })
  }
  const server: Server = config.tls
    ? createTlsServer({ ...tlsOptions(config.tls), requestCert: config.tls.ca !== undefined }, serve)
    : createServer(serve)
  const connections = watchConnections(server, { maxAssociations, withinMs: config.associateWithinS * 1000 })
  server.listen(config.port, config.host)
  await once(server, 'listening')
  return {
    port: (server.address() as { port: number }).port,
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      connections.destroyAll()
      await closed
    },
  }
}

type AssociationDeps = Deps & { readonly busy: () => boolean; readonly accepted: () => void }

/** One association; the library calls its methods. */
class Association extends dimse.Scp {
  readonly #deps: AssociationDeps
  readonly #socket: Socket

  constructor(socket: Socket, deps: AssociationDeps) {
    super(socket, {})
    this.#deps = deps
    this.#socket = socket
    this.on('networkError', (error: Error) => this.#broke(error))
  }

  /** The library lets nothing that a listener throws be caught elsewhere: it would end the process, with the associations of all others. */
  #guarded(answer: () => void): void {
    try {
      answer()
    } catch (error) {
      this.#broke(error as Error)
    }
  }

  #broke({ message }: Error): void {
    this.#deps.log.warn({ from: this.#socket.remoteAddress, error: message }, 'an association broke')
    this.#socket.destroy()
  }

  override associationRequested(association: dimse.association.Association): void {
    this.#guarded(() => this.#associate(association))
  }

  #associate(association: dimse.association.Association): void {
    const { config, busy, count, log } = this.#deps
    const caller = association.getCallingAeTitle().trim()
    const reason = this.#objection(caller, association.getCalledAeTitle().trim())
    if (reason !== undefined || busy()) {
      count('associations-rejected')
      log.warn({ caller, from: this.#socket.remoteAddress, busy: busy() }, 'an association was rejected')
      if (reason === undefined)
        this.sendAssociationReject(
          RejectResult.Transient,
          RejectSource.ServiceProviderPresentation,
          RejectReason.LocalLimitExceeded,
        )
      else this.sendAssociationReject(RejectResult.Permanent, RejectSource.ServiceUser, reason)
      return
    }
    for (const { id, context } of association.getPresentationContexts()) {
      const reports = this.#deps.reports.from.has(caller)
      const answer = negotiated(context.getAbstractSyntaxUid(), context.getTransferSyntaxUids(), reports)
      // Its types ask for a syntax also where there is none.
      association.getPresentationContext(id).setResult(answer.result, answer.syntax as string)
    }
    this.sendAssociationAccept()
    log.info({ caller, called: config.aet }, 'an association was accepted')
    this.#deps.accepted()
  }

  /** Why this caller may not call. */
  #objection(caller: string, called: string): number | undefined {
    const { config } = this.#deps
    if (called !== config.aet) return RejectReason.CalledAeNotRecognized
    const from = this.#socket.remoteAddress?.replace(/^::ffff:/, '')
    const known = config.callers.some(
      ({ aet, address }) => aet === caller && (address === undefined || address === from),
    )
    return known ? undefined : RejectReason.CallingAeNotRecognized
  }

  override associationReleaseRequested(): void {
    this.sendAssociationReleaseResponse()
  }

  /** The caller gave up: the connection is ours to end (PS3.8, section 9.3.8), or it waits for that. */
  override abort(): void {
    this.#socket.end()
  }

  override cEchoRequest(
    request: dimse.requests.CEchoRequest,
    callback: (response: dimse.responses.CEchoResponse) => void,
  ): void {
    const response = CEchoResponse.fromRequest(request)
    response.setStatus(0)
    callback(response)
  }

  override nEventReportRequest(...given: Parameters<Deps['reports']['heard']>): void {
    this.#guarded(() => {
      const known = this.#deps.reports.heard(...given)
      this.#deps.log.info({ known }, 'N-EVENT-REPORT')
    })
  }

  override createStoreWritableStream(): Writable {
    const tooLong = () => this.#socket.destroy(new Error('an object is longer than is accepted'))
    return new Gathered(this.#deps.maxBytes, tooLong)
  }

  override createDatasetFromStoreWritableStream(
    writable: Writable,
    context: dimse.association.PresentationContext,
    callback: (dataset: dimse.Dataset) => void,
  ): void {
    const transferSyntax = context.getAcceptedTransferSyntaxUid() as string // it was accepted
    callback(new RawDataset((writable as Gathered).bytes(), transferSyntax))
  }

  override cStoreRequest(
    request: dimse.requests.CStoreRequest,
    callback: (response: dimse.responses.CStoreResponse) => void,
  ): void {
    const response = CStoreResponse.fromRequest(request)
    this.#store(request)
      .catch((error: Error) => {
        this.#deps.log.error({ error: error.message }, 'an object could not be stored')
        return OUT_OF_RESOURCES
      })
      .then((status) => {
        response.setStatus(status)
        callback(response)
      })
      .catch((error: Error) => this.#broke(error))
  }

  async #store(request: dimse.requests.CStoreRequest): Promise<number> {
    const dataset = request.getDataset() as unknown as RawDataset
    const sopClass = request.getAffectedSopClassUid()
    const sopInstance = request.getAffectedSopInstanceUid()
    // Its types have one always; a command without comes as undefined.
    if (![sopClass, sopInstance].every((uid: string | undefined) => uid !== undefined && isUid(uid))) {
      this.#deps.count('unreadable')
      this.#deps.log.warn({ outcome: 'unreadable' }, 'C-STORE without the UIDs of its object')
      return NOT_UNDERSTOOD
    }
    const transferSyntax = dataset.getTransferSyntaxUid()
    const file = asPart10({ sopClass, sopInstance, transferSyntax }, dataset.bytes)
    const named = { sop_instance: sopInstance }
    const { outcome, reason } = await this.#deps.receive(file, 'dimse', named)
    this.#deps.log.info({ outcome, reason, bytes: file.length }, 'C-STORE')
    return STATUS[outcome]
  }
}

/** Whether a presentation context is accepted, and in which transfer syntax: the first of the sender's that is read as it came. */
function negotiated(abstractSyntax: string, proposed: readonly string[], reports: boolean) {
  const { Accept, RejectAbstractSyntaxNotSupported, RejectTransferSyntaxesNotSupported } =
    PresentationContextResult
  const commitment = reports && abstractSyntax === SopClass.StorageCommitmentPushModel
  const echo = abstractSyntax === SopClass.Verification
  if (!commitment && !echo && !SCREENED_CLASSES.some((one) => one === abstractSyntax))
    return { result: RejectAbstractSyntaxNotSupported, syntax: undefined }
  const syntax = proposed.find((one) => one !== DEFLATED && encodingsOf(one).length > 0)
  return { result: syntax === undefined ? RejectTransferSyntaxesNotSupported : Accept, syntax }
}

/** The bytes of one data set. */
class Gathered extends Writable {
  readonly #pieces: Buffer[] = []
  readonly #limit: number
  readonly #tooLong: () => void
  #length = 0

  constructor(limit: number, tooLong: () => void) {
    super()
    this.#limit = limit
    this.#tooLong = tooLong
  }

  /** Always room: where the library waits for it, later pieces overtake. */
  override write(piece: Buffer): boolean {
    this.#length += piece.length
    if (this.#length > this.#limit) this.#tooLong()
    else this.#pieces.push(piece)
    return true
  }

  /** Given once: the pieces are let go of. */
  bytes = (): Uint8Array => joinBytes(this.#pieces.splice(0))
}
