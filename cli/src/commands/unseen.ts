import { dirname } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { findModel } from '../model-dir.ts'

type Flags = {
  model: string
  labels: string
  images?: string
  source: string
  class?: string
  tiers?: string[]
  most: number
  points?: string
  modelVersion?: string
}

export function addUnseenCommand(program: Command): void {
  program
    .command('unseen')
    .description(
      "what a model's thresholds are worth in a source that training had not seen: written into its manifest and card, and stated in every answer",
    )
    .requiredOption('--model <model>', 'a folder with a manifest.json, or the name of a shipped model')
    .requiredOption('--labels <file>', 'table of films: file, label, dataset')
    .option('--images <dir>', 'folder of the films; default: that of the table')
    .requiredOption('--source <name>', 'what people call where the films are from')
    .option('--class <id>', 'whose thresholds are measured; default: the class in focus')
    .option('--tiers <list>', 'of films with a tier, those of these ones, for example A,B', (text) =>
      text.split(','),
    )
    .option('--most <n>', 'films of a dataset and class at most', count, 400)
    .option(
      '--points <file>',
      'what `detl train unseen-points` printed: its threshold becomes that of screening first',
    )
    .option('--model-version <version>', 'of the model from now on; default: it stays')
    .action(async (flags: Flags) => {
      const { model, labels, images = dirname(labels), class: label, modelVersion: version, ...rest } = flags
      const { measureUnseen } = await import('../unseen/unseen.ts')
      const measured = await measureUnseen({
        model: findModel(model),
        labels,
        images,
        label,
        version,
        ...rest,
      })
      const { manifest, films, refused, passedOver } = measured
      console.log(
        `${manifest.name} ${manifest.version} on ${films} films of ${rest.source} (${refused} refused; ${passedOver} more are of sources that trained it)`,
      )
      for (const [name, { unseen }] of Object.entries(manifest.operatingPoints![measured.label]!)) {
        const { sensitivity, specificity } = unseen!.find((u) => u.source === rest.source)!
        console.log(
          `  ${measured.label}, ${name}: sensitivity ${said(sensitivity)}${specificity ? `, specificity ${said(specificity)}` : ''}`,
        )
      }
    })
}

const said = ({ value, low, high, n }: { value: number; low: number; high: number; n: number }): string =>
  `${value.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)}, n = ${n})`

function count(text: string): number {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError('not a whole number above 0')
  return n
}
