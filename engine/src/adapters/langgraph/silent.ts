import { CallbackManager, CallbackManagerForChainRun } from '@langchain/core/callbacks/manager'

/**
 * Callbacks of a run that tell nobody, whatever variables say: LANGSMITH_TRACING and LANGCHAIN_TRACING_V2 would send questions and
 * documents to a service, LANGCHAIN_VERBOSE would print them. Each of them adds a handler to the callbacks; these take none.
 * Undefined where nothing asks to be told, which is some 30 % faster.
 */
export function silentCallbacks(): CallbackManager | undefined {
  if (CallbackManager.configure() === undefined) return undefined
  const silent = new Silent()
  silent.run = new SilentRun(silent)
  return silent
}

class Silent extends CallbackManager {
  run: CallbackManagerForChainRun | undefined
  override addHandler(): void {
    // None is taken.
  }
  override copy(): CallbackManager {
    return this
  }
  override async handleChainStart(): Promise<CallbackManagerForChainRun> {
    return this.run ?? super.handleChainStart({ lc: 1, type: 'not_implemented', id: [] }, {})
  }
}

class SilentRun extends CallbackManagerForChainRun {
  readonly #parent: CallbackManager
  constructor(parent: CallbackManager) {
    super('', [], [], [], [], {}, {})
    this.#parent = parent
  }
  override getChild(): CallbackManager {
    return this.#parent
  }
}
