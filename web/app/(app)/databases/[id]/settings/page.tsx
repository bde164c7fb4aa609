import { DatabaseSettingsScreen } from '../../../../../screens/database-settings/database-settings-screen.tsx'

export default function Page() {
  return <DatabaseSettingsScreen />
}
