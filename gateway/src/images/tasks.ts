import type { DicomObjectKind } from '@detl/core/api/dicom-objects'
import type { Manifest } from '@detl/core/model/manifest'
import type { FhirDestination, Hl7Destination } from '../config.ts'
import type { Fault } from '../queue/fault.ts'
import type { DicomObject } from './dicom-objects.ts'
import type { SubjectSource } from './subject.ts'

/** Work on an image that takes a core for a while, each by its name: what it needs, and what it gives. */
export type Tasks = {
  /** Decode, gate, tensor: a body for POST /v1/screenings, or why the image is refused. */
  readonly tensor: {
    readonly needs: { readonly bytes: Uint8Array; readonly manifest: Manifest }
    readonly gives:
      | { readonly headers: Record<string, string>; readonly body: Uint8Array<ArrayBuffer> }
      | { readonly refused: Fault }
  }
  readonly objects: {
    readonly needs: SubjectSource & { readonly kinds: readonly DicomObjectKind[] }
    readonly gives: readonly DicomObject[]
  }
  readonly message: {
    readonly needs: SubjectSource & { readonly to: Hl7Destination }
    readonly gives: { readonly message: string; readonly controlId: string }
  }
  /** JSON of a transaction. */
  readonly bundle: {
    readonly needs: SubjectSource & { readonly to: FhirDestination }
    readonly gives: string
  }
}
export type TaskName = keyof Tasks
export type Task = {
  [Name in TaskName]: { readonly name: Name; readonly needs: Tasks[Name]['needs'] }
}[TaskName]

/** What comes back from the thread: classes of errors do not. */
export type Outcome = { readonly given: Tasks[TaskName]['gives'] } | { readonly fault: Fault }
