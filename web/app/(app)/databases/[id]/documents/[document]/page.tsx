import { DocumentScreen } from '../../../../../../screens/document/document-screen.tsx'

export default function Page() {
  return <DocumentScreen />
}
