'use client'

export function SharedConversationScreen() {
  return <h1>SharedConversationScreen</h1>
}
