import { readMeta } from '@detl/core/image/dicom/meta'
import { EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN } from '@detl/core/image/dicom/syntax'
import dimse from 'dcmjs-dimse'
import { toImplicit } from './implicit.ts'

/**
 * A data set whose bytes go over the network as they are. The library would read them into its own form and write them anew, and loses
 * private elements on the way (dcmjs-dimse 0.3.3).
 */
export class RawDataset extends dimse.Dataset {
  readonly bytes: Uint8Array

  /** @param elements what the library asks a data set for: the UIDs that its command names */
  constructor(bytes: Uint8Array, transferSyntax: string, elements: Record<string, string> = {}) {
    super(elements, transferSyntax)
    this.bytes = bytes
  }

  override getDenaturalizedDataset(): Buffer {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength)
  }

  /** The same in the transfer syntax that an archive chose of the two that the library proposes; it would write two elements of it anew. */
  in(transferSyntax: string): RawDataset {
    if (transferSyntax === this.getTransferSyntaxUid()) return this
    if (transferSyntax !== IMPLICIT_LITTLE_ENDIAN || this.getTransferSyntaxUid() !== EXPLICIT_LITTLE_ENDIAN)
      throw new RangeError(`${transferSyntax} cannot be made of ${this.getTransferSyntaxUid()}`)
    return new RawDataset(
      toImplicit(this.bytes),
      transferSyntax,
      this.getElements() as Record<string, string>,
    )
  }

  /** Of a Part 10 file. */
  static fromPart10(file: Uint8Array, sopClass: string, sopInstance: string): RawDataset {
    const { from, transferSyntax } = readMeta(file)
    return new RawDataset(file.subarray(from), transferSyntax, {
      SOPClassUID: sopClass,
      SOPInstanceUID: sopInstance,
    })
  }
}
