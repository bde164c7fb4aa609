import type { MouseEvent, ReactNode } from 'react'
import { PAGES } from '../../lib/pages.ts'

/** Opens a conversation, or a new one, without leaving the screen: lists keep their place and answers go on. */
export function openConversation(id: string | undefined): void {
  history.pushState(null, '', id === undefined ? PAGES.chat : PAGES.conversation(id))
}

interface ConversationLinkProps {
  readonly id: string | undefined
  readonly current: boolean
  readonly className: string
  readonly onOpen: (() => void) | undefined
  readonly children: ReactNode
}

/** A link like any other for a new tab; a plain click stays in the screen. */
export function ConversationLink({ id, current, className, onOpen, children }: ConversationLinkProps) {
  function follow(event: MouseEvent) {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    openConversation(id)
    onOpen?.()
  }
  return (
    <a href={id === undefined ? PAGES.chat : PAGES.conversation(id)} aria-current={current ? 'page' : undefined} onClick={follow} className={className}>
      {children}
    </a>
  )
}
