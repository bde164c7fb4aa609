import { INGESTION } from '../../strings/ingestion.ts'
import { Progress } from '../../ui/progress.tsx'
import type { Paces } from './paces.ts'
import type { Totals } from './rows.ts'

/** How far all files together are, how fast it goes and when it may end. */
export function OverallProgress({ totals, paces, isLost }: { readonly totals: Totals; readonly paces: Paces; readonly isLost: boolean }) {
  const { share, through, current, failedNow: failed, bytesSent, bytesToSend, sending, active } = totals
  const isMeasured = active > 0 && !isLost
  const parts = [
    INGESTION.through(through, current),
    sending > 0 && INGESTION.toSend(sending, bytesToSend - bytesSent),
    isMeasured && isMoving(paces.pagesPerSecond) && INGESTION.rate.pages(paces.pagesPerSecond),
    isMeasured && isMoving(paces.chunksPerSecond) && INGESTION.rate.chunks(paces.chunksPerSecond),
    isMeasured && paces.secondsLeft !== undefined && INGESTION.left(paces.secondsLeft),
  ]
  // Read out at every tenth, not at every file.
  const tenth = Math.floor(share * 10)
  return (
    <div className="mt-3 grid gap-1.5">
      <Progress share={share} label={INGESTION.overall} tone={active > 0 ? 'accent' : failed > 0 ? 'warn' : 'good'} />
      <p className="text-sm text-soft tabular-nums">{parts.filter((part) => part !== false).join(' · ')}</p>
      {sending > 0 && <p className="text-xs text-soft">{INGESTION.keepOpen}</p>}
      <p role="status" className="sr-only">
        {active === 0 ? INGESTION.ended(through - failed, failed) : INGESTION.status(tenth / 10)}
      </p>
    </div>
  )
}

/** Less is the tail of the average after a pause. */
const LEAST_RATE = 0.1

function isMoving(rate: number | undefined): rate is number {
  return rate !== undefined && rate >= LEAST_RATE
}
