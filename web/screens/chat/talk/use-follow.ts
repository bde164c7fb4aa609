import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'

/** Nearer to the end than this counts as reading along. */
const NEAR = 80

const page = () => document.scrollingElement ?? document.documentElement
const isNearEnd = () => page().scrollHeight - page().scrollTop - page().clientHeight < NEAR

/**
 * Keeps the end of what grows in view as long as the reader is there. `subject` names what is read: a new one is shown from
 * its end.
 */
export function useFollow(grows: RefObject<HTMLElement | null>, subject: string | undefined) {
  const [atEnd, setAtEnd] = useState(true)
  const follows = useRef(true)
  const toEnd = useCallback(() => {
    follows.current = true
    setAtEnd(true)
    page().scrollTop = page().scrollHeight
  }, [])

  useEffect(() => {
    let last = page().scrollTop
    const look = () => {
      const now = page().scrollTop
      const near = isNearEnd()
      // What grows below does not count as leaving; only scrolling up does.
      if (near) follows.current = true
      else if (now < last) follows.current = false
      last = now
      setAtEnd(near || follows.current)
    }
    addEventListener('scroll', look, { passive: true })
    return () => removeEventListener('scroll', look)
  }, [])

  useEffect(() => {
    const element = grows.current
    if (element === null) return
    const watch = new ResizeObserver(() => {
      if (follows.current) page().scrollTop = page().scrollHeight
      else setAtEnd(isNearEnd())
    })
    watch.observe(element)
    return () => watch.disconnect()
  }, [grows])

  // biome-ignore lint/correctness/useExhaustiveDependencies: the subject is what it reacts to
  useLayoutEffect(() => {
    toEnd()
  }, [subject, toEnd])

  return { atEnd, toEnd }
}
