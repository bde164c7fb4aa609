import { ChatScreen } from '../../../../screens/chat/chat-screen.tsx'

export default function Page() {
  return <ChatScreen />
}
