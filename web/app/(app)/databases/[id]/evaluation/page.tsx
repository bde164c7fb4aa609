import { EvaluationScreen } from '../../../../../screens/evaluation/evaluation-screen.tsx'

export default function Page() {
  return <EvaluationScreen />
}
