import { AboutScreen } from '../../../../screens/settings/about-screen.tsx'

export default function Page() {
  return <AboutScreen />
}
