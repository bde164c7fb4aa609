'use client'
import dynamic from 'next/dynamic'
import { useState } from 'react'
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
  /** The end of the branch that is on the screen. */
  readonly leaf: string | undefined
  readonly onRemove: (conversation: { readonly id: string; readonly title: string }) => void
}

/** What can be done with the conversation that is open. */
export function ConversationActions({ conversation, leaf, onRemove }: ConversationActionsProps) {
  const [dialog, setDialog] = useState<'rename' | 'share'>()
  const toasts = useToasts()
  const close = () => setDialog(undefined)
  const save = () => void saveConversation(conversation, leaf).then(() => toasts.say(CHAT.exported), toasts.fail)
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
