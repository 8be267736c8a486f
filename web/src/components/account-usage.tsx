import type { UsageRow } from '@detl/core/api/account'
import { text } from '../text/text.ts'

/** The last 31 days, day by day, newest first. */
export function AccountUsage({ rows }: { rows: readonly UsageRow[] }) {
  const t = text.value.account
  const days = [...new Set(rows.map(({ day }) => day))].sort().reverse()
  const count = (of: readonly UsageRow[], field: 'screenings' | 'billed') =>
    of.reduce((sum, row) => sum + row[field], 0)
  return (
    <section aria-labelledby="usage-heading">
      <h3 id="usage-heading">{t.usage}</h3>
      {days.length === 0 ? (
        <p class="fine">{t.noUsage}</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">{t.day}</th>
              <th scope="col">{t.answered}</th>
              <th scope="col">{t.notAnswered}</th>
              <th scope="col">{t.billed}</th>
            </tr>
          </thead>
          <tbody>
            {days.map((day) => {
              const of = rows.filter((row) => row.day === day)
              const answered = of.filter(({ outcome }) => outcome === 'answered' || outcome === 'replayed')
              const others = of.filter((row) => !answered.includes(row))
              return (
                <tr key={day}>
                  <th scope="row">{day}</th>
                  <td>{count(answered, 'screenings')}</td>
                  <td>{count(others, 'screenings')}</td>
                  <td>{count(of, 'billed')}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
      )}
    </section>
  )
}
