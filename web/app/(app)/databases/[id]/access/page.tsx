import { AccessScreen } from '../../../../../screens/access/access-screen.tsx'

export default function Page() {
  return <AccessScreen />
}
