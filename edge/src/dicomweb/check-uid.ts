import { AppError } from '@detl/core/api/problem'
import { isUid } from '@detl/core/image/dicom/uid-format'

/** @throws AppError request-invalid where a UID in an address or a search is none */
export function checkUid(name: string, uid: string): void {
  if (!isUid(uid))
    throw new AppError(
      'request-invalid',
      `${name} is no UID: numbers with dots between them, at most 64 characters`,
    )
}
