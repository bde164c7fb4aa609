import { useQueryClient } from '@tanstack/react-query'
import { keyOf, leavingApi } from '../../lib/api.ts'
import { removals } from '../../lib/removals.ts'
import { CHAT } from '../../strings/chat.ts'
import { useToasts } from '../../ui/toasts.tsx'

/** Deletes a conversation with a way back. */
export function useRemoveConversation(): (conversation: { readonly id: string; readonly title: string }) => void {
  const queries = useQueryClient()
  const toasts = useToasts()
  return ({ id, title }) => {
    const parameters = { conversation: id }
    const send = () => leavingApi.call('removeConversation', { parameters })
    const undo = removals.remove([id], send, (fault) => {
      if (fault !== undefined) toasts.fail(fault)
      else queries.removeQueries({ queryKey: keyOf('getConversation', { parameters }) })
      void queries.invalidateQueries({ queryKey: keyOf('listConversations') })
    })
    toasts.say(CHAT.removed(title), undo)
  }
}
