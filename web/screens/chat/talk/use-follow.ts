import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'

/** Nearer to the end than this counts as reading along. */
const NEAR = 80

const isNearEnd = ({ scrollHeight, scrollTop, clientHeight }: HTMLElement) => scrollHeight - scrollTop - clientHeight < NEAR

/**
 * Keeps the end of what grows inside a box that scrolls in view, as long as the reader is there. `subject` names what is
 * read: a new one is shown from its end; undefined is shown from its beginning.
 */
export function useFollow(box: RefObject<HTMLElement | null>, grows: RefObject<HTMLElement | null>, subject: string | undefined) {
  const [atEnd, setAtEnd] = useState(true)
  const follows = useRef(true)
  const toEnd = useCallback(() => {
    follows.current = true
    setAtEnd(true)
    if (box.current !== null) box.current.scrollTop = box.current.scrollHeight
  }, [box])

  useEffect(() => {
    const element = box.current
    if (element === null) return
    let last = element.scrollTop
    const look = () => {
      const near = isNearEnd(element)
      // What grows below does not count as leaving; only scrolling up does.
      if (near) follows.current = true
      else if (element.scrollTop < last) follows.current = false
      last = element.scrollTop
      setAtEnd(near || follows.current)
    }
    element.addEventListener('scroll', look, { passive: true })
    return () => element.removeEventListener('scroll', look)
  }, [box])

  useEffect(() => {
    const [outside, inside] = [box.current, grows.current]
    if (outside === null || inside === null || subject === undefined) return
    const watch = new ResizeObserver(() => {
      if (follows.current) outside.scrollTop = outside.scrollHeight
      else setAtEnd(isNearEnd(outside))
    })
    watch.observe(inside)
    watch.observe(outside)
    return () => watch.disconnect()
  }, [box, grows, subject])

  useLayoutEffect(() => {
    if (subject !== undefined) toEnd()
    else if (box.current !== null) box.current.scrollTop = 0
  }, [box, subject, toEnd])

  return { atEnd: atEnd || subject === undefined, toEnd }
}
