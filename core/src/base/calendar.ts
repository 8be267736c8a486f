/** Whether a text is a day that there is, as ISO 8601 writes it. @example isDay('2026-02-30') // false */
export function isDay(text: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? []
  if (year === undefined) return false
  // `Date` takes 30 February for 2 March.
  const date = new Date(`${text}T00:00:00Z`)
  return date.getUTCMonth() + 1 === Number(month) && date.getUTCDate() === Number(day)
}

/** Whether a text is a time in UTC that there is, as ISO 8601 writes it. @example isUtcTime('2027-01-31T00:00:00Z') // true */
export function isUtcTime(text: string): boolean {
  const [day, time = ''] = text.split('T')
  return isDay(day!) && /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?Z$/.test(time)
}
