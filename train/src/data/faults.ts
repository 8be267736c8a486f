/** One thing that is wrong with a data set. */
export type Fault = {
  /** File that has it. */
  path: string
  /** Of a table, from 1 on, the header not counted. */
  row?: number
  column?: string
  /** What is wrong, and what is accepted. */
  text: string
}

/** A fault in a line. */
export const faultText = ({ path, row, column, text }: Fault): string =>
  `${[path, row && `row ${row}`, column && `column ${column}`].filter(Boolean).join(', ')}: ${text}`

/** As many as one reads; `detl data check` lists them all. */
const SHOWN = 10

/** A data set that cannot be read as it is. */
export class DataFaults extends Error {
  readonly faults: readonly Fault[]

  constructor(faults: readonly Fault[]) {
    const more =
      faults.length > SHOWN ? `\n… and ${faults.length - SHOWN} more; \`detl data check\` lists them all` : ''
    super(faults.slice(0, SHOWN).map(faultText).join('\n') + more)
    this.name = 'DataFaults'
    this.faults = faults
  }
}
