import { type Command, InvalidArgumentError, Option } from 'commander'
import { NOT_UTF8 } from '../data/files-below.ts'
import { wholeNumber } from './flags.ts'

/** Lists in train/sources. */
const DOWNLOADS = ['nih', 'cohen', 'figure1', 'covid-cxnet'] as const

type ImportFlags = { out: string; boxes?: string; licences: 'permissive' | 'research' }

/** `data check|describe|import|download` */
export function addDataCommands(program: Command): void {
  const data = program.command('data').description('fetch, import and describe data sets')
  addDownload(data)
  addImport(data)
  addCheck(data)
  addDescribe(data)
}

function addDownload(data: Command): void {
  data
    .command('download')
    .description('fetch public sources, each file checked by its digest; broken-off ones are continued')
    .argument('[sources...]', `of the lists that come along: ${DOWNLOADS.join(', ')}`)
    .option(
      '--list <file>',
      'JSON: [{"url","path","sha256" or "md5","bytes"} or {"git","commit","path","only"}]',
    )
    .requiredOption('--out <dir>', 'folder that gets them')
    .action(async (sources: string[], flags: { list?: string; out: string }) => {
      const { readJson } = await import('../data/text-file.ts')
      const { downloadFile, downloadListSchema, downloadRepository } = await import('../data/download.ts')
      const { bytesPrinter } = await import('../progress.ts')
      const unknown = sources.filter((s) => !(DOWNLOADS as readonly string[]).includes(s))
      if (unknown.length > 0 || (sources.length === 0 && !flags.list))
        throw new InvalidArgumentError(`name sources of ${DOWNLOADS.join(', ')}, or give --list`)
      const files = [
        ...sources.map((s) => new URL(`../../sources/${s}.json`, import.meta.url)),
        flags.list ?? [],
      ].flat()
      for (const item of files.flatMap((f) => downloadListSchema.parse(readJson(f)))) {
        const result =
          'git' in item
            ? downloadRepository(item, flags.out)
            : await downloadFile(item, flags.out, bytesPrinter(item.path))
        console.log(`${item.path}: ${result}`)
      }
    })
}

function addImport(data: Command): void {
  data
    .command('import')
    .description("read the sources' own label files and images into one manifest.csv")
    .argument(
      '<sources...>',
      'each as KIND=LABELS.csv=IMAGES, or classes=FOLDER with a folder for each class; kinds: csv, dicom, nih, cohen, figure1, actualmed, covidx, folder',
    )
    .requiredOption('--out <dir>', 'folder that gets manifest.csv')
    .option('--boxes <file>', "NIH's BBox_List_2017.csv; becomes nih_boxes.csv")
    .addOption(new Option('--licences <which>').choices(['permissive', 'research']).default('research'))
    .action(async (sources: string[], flags: ImportFlags) => {
      const { importData, SOURCES } = await import('../data/import.ts')
      const parsed = sources.map((text) => {
        const [source, labels, given] = text.split('=')
        const images = source === 'classes' ? labels : given
        if (!source || !Object.hasOwn(SOURCES, source) || !labels || !images) {
          throw new InvalidArgumentError(
            `"${text}" is not KIND=LABELS.csv=IMAGES with KIND ${Object.keys(SOURCES).join(', ')}`,
          )
        }
        return { source: source as keyof typeof SOURCES, labels, images }
      })
      const result = await importData({ ...flags, sources: parsed })
      console.log(JSON.stringify(result, null, 1))
      for (const path of result.misnamed) console.error(`left out: ${path}: ${NOT_UTF8}`)
      for (const files of result.contradictory)
        console.error(`left out: ${files.join(' = ')}: the same bytes under different labels`)
      console.error(`next: npx detl data check ${flags.out}`)
    })
}

function addDescribe(data: Command): void {
  data
    .command('describe')
    .description('classes, sources, views and ages of a data folder, its splits, and every leak')
    .requiredOption(
      '--data <path>',
      'folder with manifest.csv and the images, or a JSON file that puts folders together',
    )
    .option('--split-seed <n>', 'of the folds', wholeNumber, 1)
    .option('--no-near-duplicates', 'do not decode the images to look for copies')
    .option('--json', 'one object instead of tables', false)
    .action(async (flags: { data: string; splitSeed: number; nearDuplicates: boolean; json: boolean }) => {
      const { describeData, printDescription } = await import('../data/describe.ts')
      const { progressPrinter } = await import('../progress.ts')
      const { onImages } = progressPrinter('')
      const { splitSeed, nearDuplicates } = flags
      const description = await describeData(flags.data, { splitSeed, nearDuplicates, onImages })
      if (flags.json) console.log(JSON.stringify(description, null, 1))
      else console.log(printDescription(description))
    })
}

function addCheck(data: Command): void {
  data
    .command('check')
    .description(
      'all that is wrong with a data set, at once: its tables, every file, what the images are like together',
    )
    .argument('<path>', 'folder with manifest.csv, or a table of files and labels')
    .option('--json', 'one object instead of lines', false)
    .action(async (path: string, flags: { json: boolean }) => {
      const { checkData, printCheck } = await import('../data/check.ts')
      const { progressPrinter } = await import('../progress.ts')
      const found = await checkData(path, progressPrinter('').onImages)
      console.log(flags.json ? JSON.stringify(found, null, 1) : printCheck(found))
      if (found.faults.length > 0) process.exitCode = 1
    })
}
