/** A thread that decodes and renders, so that the one that talks to archives and modalities always answers. */
import { AppError } from '@detl/core/api/problem'
import { encodeTensorUpload } from '@detl/core/wire/tensor-upload'
import { faultOf } from '../queue/fault.ts'
import { dicomObjects } from './dicom-objects.ts'
import { toBundle } from './fhir-bundle.ts'
import { controlId, toOru } from './hl7-message.ts'
import { subjectOf } from './subject.ts'
import { takeInHere } from './take-in-here.ts'
import type { Outcome, Task, Tasks } from './tasks.ts'

export default async function work(task: Task): Promise<Outcome> {
  try {
    return { given: await result(task) }
  } catch (error) {
    return { fault: faultOf(error) }
  }
}

async function result(task: Task): Promise<Tasks[Task['name']]['gives']> {
  switch (task.name) {
    case 'tensor':
      return tensorOf(task.needs)
    case 'objects':
      return dicomObjects(await subjectOf(task.needs), task.needs.kinds)
    case 'message': {
      const subject = await subjectOf(task.needs)
      return { message: await toOru(subject, task.needs.to), controlId: controlId(subject) }
    }
    case 'bundle':
      return JSON.stringify(await toBundle(await subjectOf(task.needs), task.needs.to))
  }
}

async function tensorOf({ bytes, manifest }: Tasks['tensor']['needs']): Promise<Tasks['tensor']['gives']> {
  try {
    return encodeTensorUpload(await takeInHere(bytes, manifest), manifest.preprocess)
  } catch (error) {
    if (!(error instanceof AppError) || !error.code.startsWith('image-')) throw error
    return { refused: { code: error.code, reason: error.detail } }
  }
}
