import type { Letter } from '../ports/mailer.ts'

// What people are written. Plain text; a link stands alone on its line, so that mail programs take the whole of it.

export interface InvitationFacts {
  readonly to: string
  /** Name or e-mail address of who invites. */
  readonly from: string
  /** Such as https://quarry.example.com. */
  readonly server: string
  readonly link: string
  /** Epoch ms. */
  readonly expiresAt: number
}

export function invitationLetter({ to, from, server, link, expiresAt }: InvitationFacts): Letter {
  return {
    to,
    subject: 'You are invited to Quarry',
    text: paragraphs(
      'Hello,',
      `${oneLine(from)} invites you to the Quarry server at ${server}, where documents answer questions.`,
      'Open this link to choose a password and join:',
      link,
      `It works once, until ${moment(expiresAt)}. If you did not expect this letter, leave it: nothing happens without the link.`,
    ),
  }
}

export interface ResetFacts {
  readonly to: string
  readonly server: string
  readonly link: string
  /** Epoch ms. */
  readonly expiresAt: number
}

export function resetLetter({ to, server, link, expiresAt }: ResetFacts): Letter {
  return {
    to,
    subject: 'Choose a new password for Quarry',
    text: paragraphs(
      'Hello,',
      `somebody, hopefully you, asked for a new password for your account at ${server}.`,
      'Open this link to choose it:',
      link,
      `It works once, until ${moment(expiresAt)}. If it was not you, leave this letter: your password stays as it is.`,
    ),
  }
}

export interface PasswordChangedFacts {
  readonly to: string
  readonly server: string
  /** Epoch ms. */
  readonly changedAt: number
}

/** A notice without a link: it must not be worth imitating. */
export function passwordChangedLetter({ to, server, changedAt }: PasswordChangedFacts): Letter {
  return {
    to,
    subject: 'Your Quarry password was changed',
    text: paragraphs(
      'Hello,',
      `the password of your account at ${server} was changed at ${moment(changedAt)}. All other sign-ins of the account have ended.`,
      'If it was you, there is nothing to do. If it was not, ask for a new password on the sign-in page and tell the owner of the server.',
    ),
  }
}

function paragraphs(...parts: readonly string[]): string {
  return `${parts.join('\n\n')}\n`
}

/** `2026-03-01 14:05 UTC`. */
function moment(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** A name that somebody gave himself must not look like a paragraph of ours. Addresses in it lose what makes them links. */
function oneLine(text: string): string {
  const line = text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/:\/\//g, ' ')
    .trim()
  const characters = [...line]
  return characters.length > 100 ? `${characters.slice(0, 99).join('')}…` : line
}
