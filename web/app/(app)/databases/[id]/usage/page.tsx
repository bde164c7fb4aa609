import { DatabaseUsageScreen } from '../../../../../screens/database-usage/database-usage-screen.tsx'

export default function Page() {
  return <DatabaseUsageScreen />
}
