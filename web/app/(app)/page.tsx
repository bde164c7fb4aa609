import { DashboardScreen } from '../../screens/dashboard/dashboard-screen.tsx'

export default function Page() {
  return <DashboardScreen />
}
