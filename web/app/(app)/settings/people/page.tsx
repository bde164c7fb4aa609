import { PeopleScreen } from '../../../../screens/settings/people-screen.tsx'

export default function Page() {
  return <PeopleScreen />
}
