import { PlaygroundScreen } from '../../../../../screens/playground/playground-screen.tsx'

export default function Page() {
  return <PlaygroundScreen />
}
