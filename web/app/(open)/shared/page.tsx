import { SharedConversationScreen } from '../../../screens/shared/shared-conversation-screen.tsx'

export default function Page() {
  return <SharedConversationScreen />
}
