import type { Command, Option } from 'commander'

const NOTE = '<!-- Made by "npm run docs" from the code; a test holds it to the code. -->'

/** docs/cli.md */
export function cliManual(program: Command): string {
  const intro = [
    'A command talks to the server that owns the data folder (`QUARRY_DATA`), as its operator, or starts one for its own length when none is running. In a clone it is called with `npx quarry`.',
    'After `quarry login` commands go to the server of that sign-in instead. These options hold for every command:',
    optionsOf(program),
    'Options come before `QUARRY_SERVER` and `QUARRY_API_KEY`, those before the sign-in that is current. Sign-ins are kept in `$XDG_CONFIG_HOME/quarry/profiles.json` or `~/.config/quarry/profiles.json`, which only you can read.',
    'Passwords, tokens and keys are typed unseen or read from standard input; no command takes one as an argument, where others on the machine can see it.',
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
  const options = optionsOf(command)
  return [`## ${name}`, `\`${name} ${command.usage()}\``, says, ...(options === '' ? [] : [options])].join('\n\n')
}

function optionsOf(command: Command): string {
  const shown = command.options.filter((option) => !option.hidden)
  return shown.map((option) => `- \`${option.flags}\`: ${option.description}${fallbackOf(option)}`).join('\n')
}

/** Where the description does not tell it already. */
function fallbackOf({ defaultValue, description }: Option): string {
  return typeof defaultValue === 'string' && !description.includes('(default') ? ` (default: ${defaultValue})` : ''
}
