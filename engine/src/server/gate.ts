import type { Caller } from '../domain/caller.ts'

/** Adds a value to a header of the reply. */
export type SetHeader = (name: string, value: string) => void

/** Lets requests in as long as limits and quotas allow. The operator of the machine is not limited. */
export interface Gate {
  /**
   * A request without a credential that counts, by its address; a wrong one is an attempt on top. A right one is let in
   * whatever others at its address did, so that nobody can lock out who shares a proxy with him. @throws limit/rate
   */
  refused(address: string, wrong: boolean, set: SetHeader): Promise<void>
  /** By account, key and visitor; without a caller, and for visitors, by address. @throws limit/rate, limit/quota */
  admit(caller: Caller | undefined, address: string, set: SetHeader): Promise<void>
  /** By database, for everybody together. @throws limit/rate */
  admitTo(databaseId: string, caller: Caller, set: SetHeader): Promise<void>
  /** An attempt on a secret, by the address and by what is tried (an e-mail address, a ticket); `undefined` counts the address alone. @throws limit/rate */
  attempt(address: string, subject: string | undefined): Promise<void>
  /** A right password ends the count of wrong ones for its subject; of the address it gives this one back. */
  succeeded(address: string, subject: string | undefined): Promise<void>
  /** Takes one of the places for streams. @returns how to give it back @throws limit/streams */
  stream(caller: Caller | undefined, address: string): Promise<() => void>
  /** What holds for a caller and what is left of it, without taking any. */
  standing(caller: Caller): Promise<readonly Standing[]>
}

export interface Standing {
  /** Whose limit it is. */
  readonly of: 'account' | 'key' | 'visitor'
  readonly what: 'requests' | 'tokens' | 'streams' | 'stored_bytes' | 'spend'
  readonly window: 'minute' | 'day' | 'month' | undefined
  /** Spend in micro-dollars. */
  readonly most: number
  /** Never below 0; undefined when it is not known from here. */
  readonly remaining: number | undefined
  /** Epoch ms. */
  readonly resetsAt: number | undefined
}

/** For tests of what lies behind it. */
export const OPEN_GATE: Gate = {
  refused: async () => undefined,
  admit: async () => undefined,
  admitTo: async () => undefined,
  attempt: async () => undefined,
  succeeded: async () => undefined,
  stream: async () => () => undefined,
  standing: async () => [],
}
