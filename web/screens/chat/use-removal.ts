import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useState } from 'react'
import { api, keyOf, leavingApi } from '../../lib/api.ts'
import { CHAT } from '../../strings/chat.ts'
import { useToasts } from '../../ui/toasts.tsx'

/** As long as the note that undoes it is to be seen. */
const UNDO_MS = 10_000

/** Deletes conversations a moment later, so that it can be undone; at once when the page is left. */
export function useRemoval() {
  const queries = useQueryClient()
  const toasts = useToasts()
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set())
  const waiting = useRef(new Map<string, ReturnType<typeof setTimeout>>())

  const unhide = useCallback((id: string) => setHidden((now) => new Set([...now].filter((one) => one !== id))), [])

  useEffect(() => {
    const timers = waiting.current
    const leave = () => {
      for (const [conversation, timer] of timers) {
        clearTimeout(timer)
        leavingApi.call('removeConversation', { parameters: { conversation } }).catch(toasts.fail)
      }
      timers.clear()
    }
    addEventListener('pagehide', leave)
    return () => {
      removeEventListener('pagehide', leave)
      leave()
    }
  }, [toasts])

  function remove({ id, title }: { readonly id: string; readonly title: string }) {
    setHidden((now) => new Set([...now, id]))
    const commit = async () => {
      waiting.current.delete(id)
      try {
        await api.call('removeConversation', { parameters: { conversation: id } })
        queries.removeQueries({ queryKey: keyOf('getConversation', { parameters: { conversation: id } }) })
        await queries.invalidateQueries({ queryKey: keyOf('listConversations') })
      } catch (fault) {
        unhide(id)
        toasts.fail(fault)
      }
    }
    waiting.current.set(
      id,
      setTimeout(() => void commit(), UNDO_MS),
    )
    toasts.say(CHAT.removed(title), () => {
      const timer = waiting.current.get(id)
      if (timer === undefined) return
      clearTimeout(timer)
      waiting.current.delete(id)
      unhide(id)
    })
  }

  return { hidden, remove }
}
