import { useEffect, useRef, useState } from 'react'
import { CHAT } from '../../../strings/chat.ts'
import type { Turn } from './turn.ts'

/** Tells once when an answer begins and once when it has ended; its words are in the log to be read when one likes. */
export function Announcer({ turn }: { readonly turn: Turn | undefined }) {
  const [told, setTold] = useState('')
  const last = useRef('')
  useEffect(() => {
    if (turn === undefined) return
    const words = wordsOf(turn)
    const name = `${turn.key} ${words}`
    if (words === '' || last.current === name) return
    last.current = name
    setTold(words)
  }, [turn])
  return (
    <p role="status" className="sr-only">
      {told}
    </p>
  )
}

function wordsOf({ state, text, answered, citations }: Turn): string {
  switch (state) {
    case 'searching':
      return ''
    case 'writing':
      return text === '' ? '' : CHAT.begins
    case 'ended':
      return answered === false ? CHAT.endedWithout : CHAT.ended(citations.length)
    case 'stopped':
      return CHAT.stoppedTold
    case 'failed':
      return CHAT.failedTold
  }
}
