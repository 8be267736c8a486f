import dimse from 'dcmjs-dimse'
import * as z from 'zod'

/** What an archive says of objects that it was asked to keep (PS3.4, table J.3-2). */
const reportSchema = z.object({
  TransactionUID: z.string(),
  ReferencedSOPSequence: z.array(z.object({ ReferencedSOPInstanceUID: z.string() })).default([]),
  FailedSOPSequence: z
    .array(z.object({ ReferencedSOPInstanceUID: z.string(), FailureReason: z.int().optional() }))
    .default([]),
})
export type CommitmentReport = z.infer<typeof reportSchema>

/** Statuses of an N-EVENT-REPORT (PS3.7, annex C). */
const SUCCESS = 0x0000
const INVALID_ARGUMENT = 0x0115

export type Answer = (response: dimse.responses.NEventReportResponse) => void

/**
 * Transactions of storage commitment that wait for their N-EVENT-REPORT, wherever it comes: over the association that asked, or over one of the
 * archive's own. They live as long as the delivery that waits: a killed process stores and asks again.
 */
export class Commitments {
  readonly #waiting = new Map<string, (report: CommitmentReport) => void>()

  /** @returns the report, or undefined if none comes in time; `forget` ends the wait */
  expect(transaction: string, withinMs: number) {
    let forget = () => {}
    const report = new Promise<CommitmentReport | undefined>((resolve) => {
      const timer = setTimeout(() => forget(), withinMs)
      const end = (given?: CommitmentReport) => {
        clearTimeout(timer)
        this.#waiting.delete(transaction)
        resolve(given)
      }
      forget = () => end()
      this.#waiting.set(transaction, end)
    })
    return { report, forget }
  }

  /** Takes a report in. One that nobody waits for is answered with 0115. @returns whether somebody waited for it */
  heard(request: dimse.requests.NEventReportRequest, answer: Answer): boolean {
    const response = dimse.responses.NEventReportResponse.fromRequest(request)
    const elements = JSON.stringify(request.getDataset()?.getElements() ?? {}) // its sequences are proxies
    const parsed = reportSchema.safeParse(JSON.parse(elements))
    const end = parsed.success ? this.#waiting.get(parsed.data.TransactionUID) : undefined
    response.setStatus(end ? SUCCESS : INVALID_ARGUMENT)
    answer(response)
    if (parsed.success) end?.(parsed.data)
    return end !== undefined
  }
}
