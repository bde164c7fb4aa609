import type { Command } from 'commander'
import type { Connection } from './connect.ts'
import { paint, printable, table } from './show.ts'

type Run = (work: (connection: Connection, signal: AbortSignal) => Promise<unknown>) => Promise<void>

/** `quarry models`: what embedding and chat models can be used now. */
export function models(program: Command, run: Run): void {
  program
    .command('models')
    .description('list the models that can be used')
    .action(() =>
      run(async ({ client }, signal) => {
        const { models: known, chat } = await client.call('listModels', { signal })
        console.log(
          table(known.map((model) => [model.ready ? paint('green', 'ready') : paint('dim', 'absent'), model.name, model.where, printable(model.note)])),
        )
        console.log(
          chat === null ? 'Answers are quoted from the documents; set CHAT_MODEL for answers written by a language model.' : `Answers are written by ${chat}.`,
        )
      }),
    )
}
