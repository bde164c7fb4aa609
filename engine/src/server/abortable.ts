/**
 * Waits for one thing after the other, each until it is there or the signal aborts; then it rejects with the signal's reason.
 * One listener for all of them: adding one for each would cost more than most of what is waited for.
 */
export function abortable(signal: AbortSignal): <T>(work: Promise<T>) => Promise<T> {
  let refuse: ((reason: unknown) => void) | undefined
  signal.addEventListener('abort', () => refuse?.(signal.reason), { once: true })
  return (work) =>
    new Promise((resolve, reject) => {
      refuse = reject
      if (signal.aborted) reject(signal.reason)
      work.then(resolve, reject)
    })
}
