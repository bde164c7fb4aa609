import { AuditScreen } from '../../../../screens/settings/audit-screen.tsx'

export default function Page() {
  return <AuditScreen />
}
