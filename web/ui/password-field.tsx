'use client'
import { type ComponentProps, useState } from 'react'
import { count, number } from '../lib/format.ts'
import { UI } from '../strings/ui.ts'
import { IconButton } from './button.tsx'
import { TextField } from './field.tsx'

/** As the server asks it of new passwords. */
export const LEAST_PASSWORD_LENGTH = 12
const MOST_PASSWORD_LENGTH = 256

interface PasswordFieldProps extends Pick<ComponentProps<'input'>, 'ref' | 'name'> {
  /** `new`: one that is being chosen; tells the rules and how far one is. */
  readonly kind: 'new' | 'current'
  readonly label?: string
  readonly value: string
  readonly onValue: (value: string) => void
  readonly problem?: string | undefined
}

/** A password that can be looked at before it is sent. */
export function PasswordField({ kind, label = UI.password.label, value, onValue, problem, ...rest }: PasswordFieldProps) {
  const [isShown, setShown] = useState(false)
  const missing = LEAST_PASSWORD_LENGTH - value.length
  const rules = (
    <>
      {UI.password.rules(number(LEAST_PASSWORD_LENGTH))}{' '}
      {value !== '' && (
        <span className={missing > 0 ? 'text-warn' : 'text-good'}>
          {missing > 0 ? UI.password.tooShort(count(missing, UI.password.character, UI.password.characters)) : UI.password.longEnough}
        </span>
      )}
    </>
  )
  return (
    <TextField
      label={label}
      type={isShown ? 'text' : 'password'}
      autoComplete={kind === 'new' ? 'new-password' : 'current-password'}
      autoCapitalize="none"
      autoCorrect="off"
      spellCheck={false}
      required
      maxLength={MOST_PASSWORD_LENGTH}
      value={value}
      onChange={(event) => onValue(event.target.value)}
      hint={kind === 'new' ? rules : undefined}
      problem={problem}
      after={<IconButton icon={isShown ? 'eyeOff' : 'eye'} label={isShown ? UI.password.hide : UI.password.show} onClick={() => setShown(!isShown)} />}
      {...rest}
    />
  )
}
