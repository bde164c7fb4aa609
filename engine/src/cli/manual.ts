import type { Command } from 'commander'

const NOTE = '<!-- Made by "npm run docs" from the code; a test holds it to the code. -->'

/** docs/cli.md */
export function cliManual(program: Command): string {
  const intro = [
    'Every command talks to the server that owns the data folder (`QUARRY_DATA`), or starts one for its own length when none is running. In a clone it is called with `npx quarry`.',
    'The exit code is 0 when it worked, 1 when it did not, 130 after Ctrl-C. Results go to standard output, progress and errors to standard error. Colours are left out when the output is no terminal or `NO_COLOR` is set.',
  ]
  return ['# Command line', NOTE, ...intro, ...program.commands.flatMap((command) => sectionsOf(command, 'quarry'))].join('\n\n').concat('\n')
}

function sectionsOf(command: Command, above: string): string[] {
  const name = `${above} ${command.name()}`
  const own = command.commands.length === 0 ? [sectionOf(command, name)] : []
  return [...own, ...command.commands.flatMap((one) => sectionsOf(one, name))]
}

function sectionOf(command: Command, name: string): string {
  const description = command.description()
  const says = `${description.charAt(0).toUpperCase()}${description.slice(1)}.`
  const options = command.options.filter((option) => !option.hidden).map((option) => `- \`${option.flags}\`: ${option.description}`)
  return [`## ${name}`, `\`${name} ${command.usage()}\``, says, ...(options.length === 0 ? [] : [options.join('\n')])].join('\n\n')
}
