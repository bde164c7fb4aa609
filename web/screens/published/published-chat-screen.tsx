'use client'

export function PublishedChatScreen() {
  return <h1>PublishedChatScreen</h1>
}
