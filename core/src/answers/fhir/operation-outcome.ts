import type { OperationOutcome } from '@medplum/fhirtypes'
import { type ProblemCode, problemOf } from '../../api/problem.ts'

type IssueType = NonNullable<OperationOutcome['issue']>[number]['code']

/** A problem's HTTP status as FHIR's issue type (R4, value set issue-type). */
const ISSUES: Readonly<Record<number, IssueType>> = {
  400: 'invalid',
  401: 'login',
  402: 'business-rule',
  403: 'forbidden',
  404: 'not-found',
  405: 'not-supported',
  406: 'not-supported',
  408: 'timeout',
  409: 'conflict',
  413: 'too-long',
  415: 'not-supported',
  422: 'processing',
  429: 'throttled',
  500: 'exception',
  502: 'transient',
  503: 'transient',
  504: 'timeout',
}

/**
 * A refusal for who asked for FHIR: the same code, title, detail and request id as problem details have.
 * @param instance `urn:uuid:` and the request's id
 */
export function toOperationOutcome(code: ProblemCode, detail: string, instance: string): OperationOutcome {
  const { status, title } = problemOf(code)
  return {
    resourceType: 'OperationOutcome',
    id: instance.replace(/^urn:uuid:/, ''),
    issue: [
      {
        severity: 'error',
        code: ISSUES[status] ?? 'exception',
        details: { coding: [{ system: 'urn:detl:problem', code, display: title }], text: title },
        diagnostics: detail,
      },
    ],
  }
}
