import { sniff } from '@detl/core/image/sniff'

/** A file with the folder that it was found in, where it was found in one. */
export type Found = { readonly file: File; readonly folder?: string }

/** As much as `sniff` looks at. */
const HEAD_BYTES = 512

/** Files that were named are all taken; of what lies in folders, the images, by their first bytes, and nothing hidden. */
export async function imagesOf(files: readonly File[]): Promise<Found[]> {
  const found = await Promise.all(
    files.map(async (file): Promise<Found | undefined> => {
      const parts = pathOf(file).split('/')
      if (parts.length < 2) return { file }
      if (parts.some((part) => part.startsWith('.')) || file.name === 'DICOMDIR') return undefined
      const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer())
      return sniff(head) ? { file, folder: parts.slice(0, -1).join('/') } : undefined
    }),
  )
  return found.filter((one) => one !== undefined)
}

/** Without the `./` and `/` that files begin with which were dropped: those of a dialog have none. */
function pathOf(file: File & { relativePath?: string }): string {
  return (file.webkitRelativePath || file.relativePath || file.name).replace(/^\.?\//, '')
}
