import { ModelsScreen } from '../../../../screens/settings/models-screen.tsx'

export default function Page() {
  return <ModelsScreen />
}
