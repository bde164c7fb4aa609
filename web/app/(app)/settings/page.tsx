import { ProfileScreen } from '../../../screens/settings/profile-screen.tsx'

export default function Page() {
  return <ProfileScreen />
}
