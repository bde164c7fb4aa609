import { NewDatabaseScreen } from '../../../../screens/new-database/new-database-screen.tsx'

export default function Page() {
  return <NewDatabaseScreen />
}
