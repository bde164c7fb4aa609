import { PublishedChatScreen } from '../../../../screens/published/published-chat-screen.tsx'

export default function Page() {
  return <PublishedChatScreen />
}
