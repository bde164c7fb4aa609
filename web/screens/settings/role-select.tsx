import { PEOPLE, SETTINGS } from '../../strings/settings.ts'
import { Select } from '../../ui/field.tsx'

const ROLES = ['owner', 'member', 'viewer'] as const
export type Role = (typeof ROLES)[number]

/** What a person is, with what that means. */
export function RoleSelect({ role, onRole, disabled = false }: { readonly role: Role; readonly onRole: (role: Role) => void; readonly disabled?: boolean }) {
  return (
    <Select
      label={PEOPLE.role}
      hint={SETTINGS.roleHints[role]}
      value={role}
      disabled={disabled}
      onChange={(event) => onRole(ROLES.find((one) => one === event.target.value) ?? 'viewer')}
    >
      {ROLES.map((one) => (
        <option key={one} value={one}>
          {SETTINGS.roles[one]}
        </option>
      ))}
    </Select>
  )
}
