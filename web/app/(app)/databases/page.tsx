import { DatabasesScreen } from '../../../screens/databases/databases-screen.tsx'

export default function Page() {
  return <DatabasesScreen />
}
