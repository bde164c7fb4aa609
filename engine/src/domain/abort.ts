/** Rejects with the signal's reason as soon as it aborts, whatever becomes of the work: also of what does not heed the signal. */
export function beforeAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { until, leave } = listening(signal)
  return until(work).finally(leave)
}

/**
 * As `beforeAbort`, for one thing after the other, as the pieces of a stream. One listener for all of them, as long as the signal lives:
 * adding one for each would cost more than most of what is waited for.
 */
export function abortable(signal: AbortSignal): <T>(work: Promise<T>) => Promise<T> {
  return listening(signal).until
}

function listening(signal: AbortSignal): { readonly until: <T>(work: Promise<T>) => Promise<T>; readonly leave: () => void } {
  let refuse: ((reason: unknown) => void) | undefined
  const stop = () => refuse?.(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  return {
    until: (work) =>
      new Promise((resolve, reject) => {
        refuse = reject
        if (signal.aborted) reject(signal.reason)
        work.then(resolve, reject)
      }),
    leave: () => signal.removeEventListener('abort', stop),
  }
}

/** Milliseconds. Rejects with the signal's reason as soon as it aborts; nothing is left running then. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      if (signal?.aborted === true) reject(signal.reason)
      else resolve()
    }
    const timer = setTimeout(end, ms)
    signal?.addEventListener('abort', end, { once: true })
    if (signal?.aborted === true) end()
  })
}

/** Waits for the work, but not longer than this, ms. @throws what the work throws until then */
export async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
