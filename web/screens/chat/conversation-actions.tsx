'use client'
import { useQueryClient } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import type { Input } from 'quarry-engine/client'
import { useState } from 'react'
import { keyOf } from '../../lib/api.ts'
import { CHAT } from '../../strings/chat.ts'
import { Button } from '../../ui/button.tsx'
import { Menu } from '../../ui/menu.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import type { ChatData } from './chat-port.ts'
import { saveConversation } from './save-conversation.ts'

const RenameDialog = dynamic(() => import('./rename-dialog.tsx').then((file) => file.RenameDialog))
const ShareDialog = dynamic(() => import('./share-dialog.tsx').then((file) => file.ShareDialog))

interface ConversationActionsProps {
  readonly conversation: ChatData['conversation']
  readonly onRemove: (conversation: { readonly id: string; readonly title: string }) => void
}

/** What can be done with the conversation that is open. */
export function ConversationActions({ conversation, onRemove }: ConversationActionsProps) {
  const [dialog, setDialog] = useState<'rename' | 'share'>()
  const toasts = useToasts()
  const queries = useQueryClient()
  const close = () => setDialog(undefined)
  /** In the branch that is on the screen: of all that were read, the one that is being looked at. */
  function shownLeaf(): string | undefined {
    const queryKey = keyOf('getConversation', { parameters: { conversation: conversation.id } })
    const read = queries.getQueryCache().findAll({ queryKey, type: 'active' }).at(-1)
    const data = read?.state.data as ChatData | undefined
    const asked = read?.queryKey[1] as Pick<Input<'getConversation'>, 'query'> | undefined
    return data?.messages.at(-1)?.id ?? asked?.query?.leaf
  }
  const save = () => void saveConversation(conversation, shownLeaf()).then(() => toasts.say(CHAT.exported), toasts.fail)
  return (
    <>
      <Button small icon="link" onClick={() => setDialog('share')}>
        {CHAT.share}
      </Button>
      <Menu
        label={CHAT.actions}
        entries={[
          { label: CHAT.rename, icon: 'pencil', onSelect: () => setDialog('rename') },
          { label: CHAT.exportIt, icon: 'download', onSelect: save },
          { label: CHAT.remove, icon: 'trash', danger: true, onSelect: () => onRemove(conversation) },
        ]}
      />
      {dialog === 'rename' && <RenameDialog id={conversation.id} title={conversation.title} onClose={close} />}
      {dialog === 'share' && <ShareDialog conversation={conversation} onClose={close} />}
    </>
  )
}
