import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { PASSWORD_LENGTH } from '../domain/account.ts'
import { AppError } from '../domain/errors.ts'
import { CommandFault } from './words.ts'

/** Where a person types, and where questions are shown: stdin and stderr, so that results alone go to stdout. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly output: NodeJS.WritableStream
}

/** More than any secret or key has. */
const MOST_INPUT = 65_536

/** A line that is typed at the terminal and shown there. @throws CommandFault when there is no terminal */
export async function askLine(question: string, otherwise: string, terminal: Terminal = standard()): Promise<string> {
  return (await typed(question, otherwise, terminal, 'shown')).trim()
}

/** A line that is typed at the terminal without being shown. @throws CommandFault when there is no terminal */
export function askSecret(question: string, otherwise: string, terminal: Terminal = standard()): Promise<string> {
  return typed(question, otherwise, terminal, 'hidden')
}

/** Twice, since nobody sees what was typed. */
export async function askNewPassword(otherwise: string, terminal: Terminal = standard()): Promise<string> {
  const first = await askSecret('New password: ', otherwise, terminal)
  checkNewPassword(first)
  const second = await askSecret('Once more: ', otherwise, terminal)
  if (first !== second) throw new CommandFault('The two passwords differ; nothing was changed.', 'Run the command again.')
  return first
}

/** Before it is sent, since the server can say it only in the form of its requests. @throws CommandFault */
export function checkNewPassword(password: string): string {
  const { least, most } = PASSWORD_LENGTH
  if (password.length >= least && password.length <= most) return password
  throw new CommandFault(
    `The password has ${password.length < least ? 'fewer than' : 'more than'} ${password.length < least ? least : most} characters.`,
    'Several words are best: length counts, composition does not.',
  )
}

/** All of standard input, without the line's end. */
export async function readSecret(what: string, input: Terminal['input'] = process.stdin): Promise<string> {
  const decoder = new StringDecoder('utf8')
  let text = ''
  for await (const piece of input) {
    text += decoder.write(typeof piece === 'string' ? Buffer.from(piece) : piece)
    if (text.length > MOST_INPUT) throw new CommandFault(`Standard input is too long for ${what}.`, 'Send it alone, such as from a file with "<".')
  }
  const read = text.replace(/\r?\n$/, '')
  if (read === '') throw new CommandFault(`There is no ${what} on standard input.`, 'Send it alone, such as from a file with "<".')
  return read
}

function standard(): Terminal {
  return { input: process.stdin, output: process.stderr }
}

async function typed(question: string, otherwise: string, { input, output }: Terminal, how: 'shown' | 'hidden'): Promise<string> {
  if (input.isTTY !== true) throw new CommandFault(`${question.replace(/:\s*$/, '')} is asked at a terminal, and standard input is none.`, otherwise)
  const mute = new Writable({ write: (_piece, _encoding, done) => done() })
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input, output: how === 'shown' ? output : mute, terminal: true, historySize: 0 })
    let answer: string | undefined
    // Ctrl-C comes here and not as a signal: the terminal is in raw mode.
    lines.on('SIGINT', () => {
      output.write('\n')
      lines.close()
    })
    lines.on('close', () => (answer === undefined ? reject(new AppError('request/aborted')) : resolve(answer)))
    if (how === 'hidden') output.write(question)
    lines.question(how === 'hidden' ? '' : question, (line) => {
      answer = line
      if (how === 'hidden') output.write('\n')
      lines.close()
    })
  })
}
