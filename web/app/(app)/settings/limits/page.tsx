import { LimitsScreen } from '../../../../screens/settings/limits-screen.tsx'

export default function Page() {
  return <LimitsScreen />
}
