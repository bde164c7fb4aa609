/** Sends plain letters. Errors: AppError `mail/unavailable` (the server does not answer or refused the letter). */
export interface Mailer {
  send(letter: Letter): Promise<void>
  close(): Promise<void>
}

/** Lines are plain text; addresses and subject hold no line breaks, whoever chose them: the adapter refuses such a letter. */
export interface Letter {
  readonly to: string
  readonly subject: string
  readonly text: string
}
