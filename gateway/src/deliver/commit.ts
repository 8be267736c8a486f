import { randomUUID } from 'node:crypto'
import { EXPLICIT_LITTLE_ENDIAN } from '@detl/core/image/dicom/syntax'
import dimse from 'dcmjs-dimse'
import type { DimseDestination } from '../config.ts'
import type { DicomObject } from '../images/dicom-objects.ts'
import { FaultError } from '../queue/fault.ts'
import { overAssociation } from './association.ts'
import type { Answer, CommitmentReport, Commitments } from './commitments.ts'

/** Storage Commitment Push Model (PS3.4, annex J), and its only instance. */
export const STORAGE_COMMITMENT = '1.2.840.10008.1.20.1'
const STORAGE_COMMITMENT_INSTANCE = '1.2.840.10008.1.20.1.1'
const REQUEST_COMMITMENT = 1
/** An archive that reports over the association that asked does so at once; others open one of their own. */
const LINGER_MS = 500

/** Who hears the report, and until when at most it is waited for. */
type Waiting = { readonly commitments: Commitments; readonly ending: AbortSignal }

/**
 * Asks an archive to keep objects that it stored, and waits until it says that it does, of each of them.
 * @param calling AE title of this gateway, at which the archive reports
 * @throws FaultError unless all are committed; storing and asking again is harmless
 */
export async function commitObjects(
  to: DimseDestination & { commitment: NonNullable<DimseDestination['commitment']> },
  calling: string,
  objects: readonly DicomObject[],
  { commitments, ending }: Waiting,
): Promise<void> {
  ending.throwIfAborted()
  const transaction = `2.25.${BigInt(`0x${randomUUID().replaceAll('-', '')}`)}`
  const { waitS } = to.commitment
  const { report, forget } = commitments.expect(transaction, waitS * 1000)
  ending.addEventListener('abort', forget)
  try {
    const status = await ask(to, calling, requestFor(transaction, objects), { commitments, ending })
    if (status !== 0) throw refused(to, status)
    const fault = judge(to, objects, await report)
    if (fault) throw fault
  } finally {
    ending.removeEventListener('abort', forget)
    forget()
  }
}

function requestFor(transaction: string, objects: readonly DicomObject[]): dimse.requests.NActionRequest {
  const request = new dimse.requests.NActionRequest(
    STORAGE_COMMITMENT,
    STORAGE_COMMITMENT_INSTANCE,
    REQUEST_COMMITMENT,
  )
  const elements = {
    TransactionUID: transaction,
    ReferencedSOPSequence: objects.map(({ sop_class, sop_instance }) => ({
      ReferencedSOPClassUID: sop_class,
      ReferencedSOPInstanceUID: sop_instance,
    })),
  }
  request.setDataset(new dimse.Dataset(elements, EXPLICIT_LITTLE_ENDIAN))
  return request
}

/** @returns the status of the response to N-ACTION, if there was one */
async function ask(
  to: DimseDestination,
  calling: string,
  request: dimse.requests.NActionRequest,
  { commitments, ending }: Waiting,
): Promise<number | undefined> {
  let status: number | undefined
  request.on('response', (response: dimse.responses.Response) => {
    status = response.getStatus()
  })
  await overAssociation(
    to,
    calling,
    (client) => {
      client.addRequest(request)
      // The library counts a listener's parameters: with fewer than two it answers itself, with nothing.
      client.on('nEventReportRequest', (event: dimse.requests.NEventReportRequest, answer: Answer) =>
        commitments.heard(event, answer),
      )
    },
    { lingerMs: LINGER_MS, ending },
  )
  return status
}

function refused({ aet }: DimseDestination, status: number | undefined): FaultError {
  const reason =
    status === undefined
      ? 'the request for storage commitment got no response: the archive may not offer it'
      : `the request for storage commitment was answered with status ${hex(status)}`
  return new FaultError({ code: 'commitment-refused', reason: `${aet}: ${reason}` })
}

/** What is wrong with a report; undefined if each object is committed. */
function judge(
  { aet, commitment }: DimseDestination,
  objects: readonly DicomObject[],
  report: CommitmentReport | undefined,
): FaultError | undefined {
  if (!report)
    return new FaultError({
      code: 'commitment-not-reported',
      reason: `${aet}: no N-EVENT-REPORT within ${commitment?.waitS} s: does the archive know this gateway's AE title, host and port?`,
    })
  const failed = report.FailedSOPSequence[0]
  const kept = new Set(report.ReferencedSOPSequence.map((one) => one.ReferencedSOPInstanceUID))
  if (!failed && objects.every(({ sop_instance }) => kept.has(sop_instance))) return undefined
  const why = failed?.FailureReason === undefined ? '' : ` (failure reason ${hex(failed.FailureReason)})`
  return new FaultError({ code: 'not-committed', reason: `${aet}: does not commit to an object${why}` })
}

const hex = (status: number) => status.toString(16).padStart(4, '0').toUpperCase()
