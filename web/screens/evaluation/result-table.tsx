import { dollars, duration } from '../../lib/format.ts'
import { EVALUATION } from '../../strings/evaluation.ts'
import { type EvaluatedCase, type EvaluationEnd, verdictOf } from './evaluated.ts'

const WORDS = EVALUATION.result
const MEASURES = Object.keys(EVALUATION.measures) as (keyof typeof EVALUATION.measures)[]
const shown = (value: number) => value.toFixed(3)

export function ResultTable({ end, poor }: { readonly end: EvaluationEnd; readonly poor: readonly EvaluatedCase[] }) {
  const [first, second] = end.reports
  if (first === undefined) return null
  return (
    <div className="grid gap-4">
      <div className="overflow-x-auto">
        <table className="w-full text-sm">
          <caption className="sr-only">{WORDS.caption}</caption>
          <thead className="text-left text-xs text-soft">
            <tr>
              {[WORDS.measure, WORDS.mean, WORDS.interval, ...(second === undefined ? [] : [WORDS.against, WORDS.difference]), WORDS.cases].map((name) => (
                <th key={name} scope="col" className="py-1.5 pr-4 font-medium">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="divide-y divide-line tabular-nums">
            {MEASURES.map((measure) => {
              const [one, two, difference] = [first.measures[measure], second?.measures[measure], end.differences[measure]]
              if (one === undefined) return null
              return (
                <tr key={measure}>
                  <th scope="row" className="py-1.5 pr-4 text-left font-normal">
                    {EVALUATION.measures[measure]}
                  </th>
                  <td className="pr-4 font-semibold">{shown(one.mean)}</td>
                  <td className="pr-4 whitespace-nowrap text-soft">
                    {one.low.toFixed(2)}–{one.high.toFixed(2)}
                  </td>
                  {second !== undefined && <td className="pr-4">{two === undefined ? '' : shown(two.mean)}</td>}
                  {second !== undefined && <td className="pr-4 whitespace-nowrap">{difference === undefined ? '' : <Difference value={difference} />}</td>}
                  <td>{one.cases}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
      <p className="text-sm text-soft">
        {WORDS.times(duration(first.search_ms.p50 / 1000), first.answer_ms === null ? undefined : duration(first.answer_ms.p50 / 1000))}{' '}
        {first.cost_usd === null ? WORDS.unknownCost : first.cost_usd === 0 ? '' : WORDS.cost(dollars(first.cost_usd))}{' '}
        {first.failed > 0 && WORDS.failed(first.failed)}
      </p>
      {poor.length > 0 && (
        <section className="grid gap-2">
          <h3 className="text-sm font-semibold">{WORDS.poor}</h3>
          <ul className="grid gap-2">
            {poor.map((one) => (
              <li key={one.index} className="rounded-lg bg-sunken px-3 py-2 text-sm">
                <p className="wrap-anywhere">{one.question}</p>
                <p className="text-xs text-soft wrap-anywhere">{toldOf(one)}</p>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  )
}

function Difference({ value }: { readonly value: { readonly mean: number; readonly low: number; readonly high: number } }) {
  const verdict = verdictOf(value)
  const colour = { better: 'text-good', worse: 'text-bad', same: 'text-soft' }[verdict]
  return (
    <span className={colour}>
      {value.mean >= 0 ? '+' : ''}
      {shown(value.mean)} {WORDS[verdict]}
    </span>
  )
}

function toldOf({ error, answer, found, measures }: EvaluatedCase): string {
  if (error !== null) return error
  const nearest = found.length === 0 ? WORDS.nothingFound : WORDS.found(found.slice(0, 3).join(', '))
  if (measures.refused === 0) return WORDS.wronglyAnswered
  if (answer === null) return nearest
  if (!answer.answered) return `${WORDS.notAnswered} ${nearest}`
  return answer.cited.length === 0 ? WORDS.citesNothing : WORDS.cites(answer.cited.join(', '))
}
