import { LANGUAGES } from '@detl/core/model/classes'
import { Option } from 'commander'

/** `--language` of the commands that write answers. */
export const languageOption = (): Option =>
  new Option('--language <code>', 'of headlines, reports and what is written into pictures')
    .choices([...LANGUAGES])
    .default('en')
