import dimse from 'dcmjs-dimse'
import type { DimseDestination } from '../config.ts'
import { RawDataset } from '../dicom/raw-dataset.ts'
import type { DicomObject } from '../images/dicom-objects.ts'
import { FaultError } from '../queue/fault.ts'
import { overAssociation } from './association.ts'

/** Status classes of a C-STORE (PS3.4, annex B.2.3): the same object will be refused again. */
const isFinal = (status: number) =>
  status === 0x0122 || (status >= 0xa900 && status <= 0xa9ff) || (status >= 0xc000 && status <= 0xcfff)
/** Success, and warnings: coerced (B000), elements discarded (B006), data set does not match (B007). */
const isStored = (status: number) => status === 0 || (status >= 0xb000 && status <= 0xbfff)

/**
 * C-STORE of all objects over one association. An object that gets no response counts as not stored: the library ends quietly where the peer
 * accepts no presentation context for it.
 * @param calling AE title of this gateway
 * @param ending the association ends with it
 * @throws FaultError
 */
export async function storeObjects(
  to: DimseDestination,
  calling: string,
  objects: readonly DicomObject[],
  ending?: AbortSignal,
): Promise<void> {
  const status = new Map<string, number>()
  const requests = objects.map((object) => requestOf(object, status))
  const prepare = (client: dimse.Client) => {
    for (const request of requests) client.addRequest(request)
    client.on('associationAccepted', (association: dimse.association.Association) => {
      for (const request of requests) inAcceptedSyntax(request, association)
    })
  }
  await overAssociation(to, calling, prepare, { ending })
  const fault = judge(to, objects, status)
  if (fault) throw fault
}

function requestOf({ file, sop_class, sop_instance }: DicomObject, status: Map<string, number>) {
  const request = new dimse.requests.CStoreRequest(RawDataset.fromPart10(file, sop_class, sop_instance))
  request.on('response', (response: dimse.responses.Response) =>
    status.set(sop_instance, response.getStatus()),
  )
  return request
}

/** Before the request is sent: its data set in the transfer syntax that the archive chose for its class. */
function inAcceptedSyntax(
  request: dimse.requests.CStoreRequest,
  association: dimse.association.Association,
): void {
  const accepted = association
    .getPresentationContexts()
    .map(({ id }) => association.getPresentationContext(id))
    .find(
      (context) =>
        context.getAbstractSyntaxUid() === request.getAffectedSopClassUid() &&
        context.getResult() === dimse.constants.PresentationContextResult.Accept,
    )
  const syntax = accepted?.getAcceptedTransferSyntaxUid()
  if (syntax !== undefined) request.setDataset((request.getDataset() as RawDataset).in(syntax))
}

/** What is wrong with the responses; undefined if each object is stored. */
function judge(
  { aet }: DimseDestination,
  objects: readonly DicomObject[],
  status: ReadonlyMap<string, number>,
): FaultError | undefined {
  for (const { sop_instance } of objects) {
    const given = status.get(sop_instance)
    if (given === undefined)
      return new FaultError({
        code: 'no-response',
        reason: `${aet}: an object got no response: its class or transfer syntax may not be accepted`,
      })
    if (isStored(given)) continue
    const reason = `${aet}: status ${given.toString(16).padStart(4, '0').toUpperCase()}`
    return new FaultError({ code: 'store-refused', reason, final: isFinal(given) })
  }
  return undefined
}
