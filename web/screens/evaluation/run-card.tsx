import { useEffect, useRef, useState } from 'react'
import { api, useCall } from '../../lib/api.ts'
import { EVALUATION } from '../../strings/evaluation.ts'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { focusFirstInvalid } from '../../ui/focus-invalid.ts'
import { Progress } from '../../ui/progress.tsx'
import { useDatabase } from '../databases/database-context.ts'
import { isNamed, NOTHING_COMPARED, settingOf } from './compared.ts'
import { Comparison, comparedWith } from './comparison.tsx'
import { afterEvaluation, type Evaluated, NOTHING_EVALUATED } from './evaluated.ts'
import { ResultTable } from './result-table.tsx'

const WORDS = EVALUATION.run

/** Runs the golden set and shows what it told, as long as the page is open. */
export function RunCard() {
  const { id: database } = useDatabase()
  const versions = useCall('listVersions', { parameters: { database } })
  const [compared, setCompared] = useState(NOTHING_COMPARED)
  const [isTried, setIsTried] = useState(false)
  const [against, setAgainst] = useState<string>()
  const card = useRef<HTMLDivElement>(null)
  const [state, setState] = useState<Evaluated>(NOTHING_EVALUATED)
  const running = useRef<AbortController>(undefined)
  useEffect(() => () => running.current?.abort(), [])
  const others = (versions.data?.versions ?? []).filter((one) => one.state === 'built' || one.state === 'retired')

  async function run(answers: boolean): Promise<void> {
    setIsTried(true)
    if (answers && !isNamed(compared)) return focusFirstInvalid(card.current)
    const other = settingOf(compared, answers)
    const controller = new AbortController()
    running.current = controller
    setState({ ...NOTHING_EVALUATED, isRunning: true })
    setAgainst(comparedWith(compared, others, answers))
    const settings = other === undefined ? [{}] : [{}, other]
    try {
      for await (const event of api.stream('evaluate', { parameters: { database }, body: { answers, settings }, signal: controller.signal })) {
        setState((before) => afterEvaluation(before, event))
      }
    } catch (fault) {
      setState((before) => ({ ...before, isRunning: false, ...(controller.signal.aborted ? { isStopped: true } : { fault }) }))
    }
  }

  const { isRunning, isStopped, total, done, fault, end, poor } = state
  return (
    <Card title={WORDS.title} hint={WORDS.hint}>
      <div ref={card} className="grid gap-5">
        <div className="flex flex-wrap items-end gap-3">
          {isRunning ? (
            <Button onClick={() => running.current?.abort()}>{WORDS.stop}</Button>
          ) : (
            <>
              <Button look="primary" onClick={() => void run(true)}>
                {WORDS.answers}
              </Button>
              <Button onClick={() => void run(false)}>{WORDS.retrieval}</Button>
            </>
          )}
        </div>
        <Comparison compared={compared} versions={others} isTried={isTried} disabled={isRunning} onChange={setCompared} />
        {isRunning && (
          <div className="grid gap-1.5">
            <Progress share={total === 0 ? 0 : done / total} label={WORDS.running} />
            <p className="text-sm text-soft tabular-nums">{WORDS.progress(done, total)}</p>
          </div>
        )}
        {isStopped && (
          <p role="status" className="text-sm text-soft">
            {WORDS.stopped}
          </p>
        )}
        {fault !== undefined && <ErrorNote fault={fault} />}
        {end !== undefined && <ResultTable end={end} poor={poor} against={against} />}
      </div>
    </Card>
  )
}
