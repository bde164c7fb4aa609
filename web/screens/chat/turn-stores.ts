import { onSessionEnd } from '../../lib/session-end.ts'
import { TurnStore } from './talk/turn-store.ts'

let current: { readonly account: string; readonly store: TurnStore } | undefined

/** The turns of who is signed in: they go on while another screen is looked at. */
export function turnsOf(account: string): TurnStore {
  if (current?.account !== account) {
    current?.store.stopAll()
    current = { account, store: new TurnStore() }
  }
  return current.store
}
onSessionEnd(() => {
  current?.store.stopAll()
  current = undefined
})

/** Where a conversation has its turn and its draft: nobody else who signs in here comes upon them. */
export const placeIn = (account: string, conversation: string): string => `${account}:${conversation}`
