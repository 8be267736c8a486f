const urls = new WeakMap<Blob, string>()

/** The object URL of a thumbnail, made once. */
export function thumbnailUrl(thumbnail: Blob): string {
  const url = urls.get(thumbnail) ?? URL.createObjectURL(thumbnail)
  urls.set(thumbnail, url)
  return url
}

/** Frees what the URL holds. */
export function forgetThumbnail(thumbnail: Blob | undefined): void {
  const url = thumbnail && urls.get(thumbnail)
  if (url) URL.revokeObjectURL(url)
}
