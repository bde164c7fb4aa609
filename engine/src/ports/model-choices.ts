import type { ChosenModels, ModelChoice, ModelKeyName, SealedKey } from '../domain/models.ts'

/**
 * What an owner chose about models. Keys come in sealed; what is kept here is of no use without the secret of the server.
 * Each method is one transaction, durable when its promise resolves; what one thread changed every other reads at once.
 * Errors: those of the stores.
 */
export interface ModelChoices {
  read(): Promise<ChosenModels>
  /** Null takes a choice back; what is not named stays. @returns what is chosen now */
  change(change: ChosenModelsChange): Promise<ChosenModels>
}

export interface ChosenModelsChange {
  readonly values: Readonly<Partial<Record<ModelChoice, string | null>>>
  readonly keys?: Readonly<Partial<Record<ModelKeyName, SealedKey | null>>>
}
