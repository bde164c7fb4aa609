import { useState } from 'react'
import { type Problems, problemsOf } from './problems.ts'

/** One attempt after the other: what was wrong with the last, and whether one is under way. */
export function useAttempt() {
  const [busy, setBusy] = useState(false)
  const [attempt, setAttempt] = useState(0)
  const [problems, setProblems] = useState<Problems>({})

  function refuse(found: Problems) {
    setProblems(found)
    setAttempt((now) => now + 1)
  }

  async function run(problem: Problems | undefined, work: () => Promise<void>) {
    if (problem !== undefined) return refuse(problem)
    setBusy(true)
    setProblems({})
    try {
      await work()
    } catch (fault) {
      refuse(problemsOf(fault))
    } finally {
      setBusy(false)
    }
  }
  return { busy, attempt, problems, run }
}
