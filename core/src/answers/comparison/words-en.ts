import { COMPARISON_REMARKS, FAULTS_OF_TWO } from '../../comparison/trend.ts'
import type { ComparisonWords } from './words.ts'

export const en: ComparisonWords = {
  title: 'Chest X-rays of one patient, compared by a model',
  notice:
    'Not clinically validated. It compares how much of the lungs looks opaque, not how the patient is. Projection, inspiration and position change a film too, and can look like a change of the lungs.',
  trend: {
    better: 'Less of the lungs is opaque',
    unchanged: 'No change that counts',
    worse: 'More of the lungs is opaque',
    'cannot-tell': 'Cannot tell',
  },
  trendInAWord: { better: 'less', unchanged: 'unchanged', worse: 'more', 'cannot-tell': 'cannot tell' },
  measured: (trend, from, to, change, smallest) =>
    `${trend}: ${from} of both, then ${to} (${change}; smallest change that counts: ${smallest})`,
  unmeasured: (trend, reason) => `${trend}: ${reason}`,
  reason: FAULTS_OF_TWO,
  remark: COMPARISON_REMARKS,
  columns: { zone: 'Zone', from: 'Before', to: 'After', change: 'Change', trend: 'Opaque' },
  film: (number, taken) => (taken === undefined ? `Film ${number}` : `Film ${number}, ${taken}`),
  days: (count) => (count === 1 ? '1 day later' : `${count} days later`),
  difference: (from, to) => `Film ${to} minus film ${from}`,
  less: 'less opaque',
  more: 'more opaque',
  series: 'DETL comparison (not for diagnosis)',
  changeOf: (what) => `AI change: ${what}`,
  range: (low, high) => `${low} to ${high}`,
}
