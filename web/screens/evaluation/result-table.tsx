import { dollars, duration } from '../../lib/format.ts'
import { EVALUATION } from '../../strings/evaluation.ts'
import { classNames } from '../../ui/class-names.ts'
import { type EvaluatedCase, type EvaluationEnd, verdictOf } from './evaluated.ts'

const WORDS = EVALUATION.result
const MEASURES = Object.keys(EVALUATION.measures) as (keyof typeof EVALUATION.measures)[]
const shown = (value: number) => value.toFixed(3)

interface ResultTableProps {
  readonly end: EvaluationEnd
  readonly poor: readonly EvaluatedCase[]
  /** What was different about the second setting, in words. */
  readonly against: string | undefined
}

export function ResultTable({ end, poor, against }: ResultTableProps) {
  const [first, second] = end.reports
  if (first === undefined) return null
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      {against !== undefined && <p className="text-sm wrap-anywhere">{against}</p>}
      <div className="overflow-x-auto">
        <table className={classNames('w-full text-sm', second === undefined ? 'min-w-96' : 'min-w-2xl')}>
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
                  <td className="pr-4 font-semibold whitespace-nowrap">{shown(one.mean)}</td>
                  <td className="pr-4 whitespace-nowrap text-soft">
                    {one.low.toFixed(2)}–{one.high.toFixed(2)}
                  </td>
                  {second !== undefined && <td className="pr-4 whitespace-nowrap">{two === undefined ? '' : shown(two.mean)}</td>}
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
      {first.missing > 0 && <p className="text-sm text-warn">{WORDS.missing(first.missing)}</p>}
      {poor.length > 0 && (
        <section className="grid gap-2">
          <h3 className="text-sm font-semibold">{WORDS.poor}</h3>
          <ul className="grid gap-2">
            {poor.map((one) => (
              <li key={one.index} className="rounded-lg bg-sunken px-3 py-2 text-sm">
                <p className="wrap-anywhere">{one.question}</p>
                {one.missing.length > 0 && <p className="text-xs text-warn wrap-anywhere">{WORDS.notThere(one.missing.join(', '))}</p>}
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
