import type { LungFacts } from '@detl/core/lungs/lung-facts'

const share = (value: number): string => value.toFixed(3)

/** MODEL_CARD.md of a network that outlines lungs and opacity. */
export function lungCard({
  name,
  version,
  figures,
  error,
  data,
  outlines,
  training,
  size,
}: LungFacts): string {
  const { folds, sourceLeftOut, severity } = figures
  const left = sourceLeftOut
    ? `| without ${sourceLeftOut.source}, tested on it | ${sourceLeftOut.images} | ${share(sourceLeftOut.mean)} | ${share(sourceLeftOut.lowest)} |\n`
    : ''
  return `# ${name} ${version}

Outlines both lungs, and what of them looks opaque, on a frontal chest X-ray. A U-Net of few channels, ${size} × ${size}; its graph is put into the graph of a
screening model (\`detl add-regions\`), where it sees the same tensor.

**Not for clinical use.** It is no medical device. What it says of opacity rests on ${error.images} images whose lesions were outlined by hand. It says nothing of what an opacity is: effusion, collapse and mass look opaque too.

## How well

Every image was scored by a network that had seen no image of its patient. Where another model taught it opacity (below), that model’s features may have seen the class of the image, though
never how much of it is opaque.

| lungs, Dice on the tensor | images | mean | lowest |
| --- | --- | --- | --- |
| ${folds.byFold.length} folds | ${folds.images} | ${share(folds.mean)} | ${share(folds.lowest)} |
${left}
By fold: ${folds.byFold.map(share).join(', ')}.

| opacity, against outlines by hand | |
| --- | --- |
| images | ${severity.images} |
| Spearman, extent | ${share(severity.spearmanExtent)} |
| Spearman, score of 0 … 18 | ${share(severity.spearmanScore)} |
| mean extent on ${severity.normalImages} normal films, which ought to be 0 | ${share(severity.normalExtent)} |

Ranges in answers are these values ± what ${Math.round(100 * error.level)} % of those images kept to: ${share(error.extent)} of a lung, ${share(error.zoneExtent)} of a zone, ${error.zoneScore.toFixed(2)} of a
zone's 3 points, ${error.score.toFixed(1)} of 18 points. They hold for images like those. The score is no Brixia and no RALE score: it was fitted to no radiologist's score.

## Data

${data.images} images, digest \`${data.digest}\`.

${data.sources.map((s) => `- ${s.name}: ${s.images} images; ${s.licences.join('; ')}`).join('\n')}

Outlines: ${outlines?.map((o) => `of ${o.of}, ${o.images} images: ${o.source}; ${o.licence}`).join('. ') ?? 'who drew them is not recorded'}. Normal films count as films without opacity.

Trained with ${training.code}, ${training.backend}, seed ${training.seed}; ${training.summary}.
`
}
