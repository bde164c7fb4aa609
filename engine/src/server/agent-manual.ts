import { answerGraph } from '../flows/agent/graph.ts'
import type { Work } from '../flows/agent/work.ts'
import { drawingOf } from '../ports/graph-shape.ts'

/** What each node does, a sentence for a person. */
const SAYS: Readonly<Record<string, string>> = {
  'guard-in': 'Looks whether the question touches a topic that the chat refuses or answers with a disclaimer.',
  route: 'Decides what the question is about: documents, and which databases, or the conversation itself, or small talk.',
  condense: 'Puts a question that goes on from what was said before into one that stands for itself.',
  retrieve: 'Searches every database for every query, merges what was found and orders it.',
  grade: 'Measures whether the passages hold what the question asks for.',
  rewrite: 'Makes other queries, when they do not.',
  write: 'Lets the model write, or quotes the best sentences.',
  verify: 'Compares every quote and every sentence with the stored text.',
  'guard-out': 'Says the refusal, or the disclaimer below what was written.',
}

/** The page with the graph of an answer, drawn from what runs. @throws when a node has no sentence here */
export function agentManual(): string {
  const graph = answerGraph({} as Work) // its nodes are not run
  const rows = Object.keys(graph.nodes).map((node) => {
    const says = SAYS[node]
    if (says === undefined) throw new Error(`the manual does not say what "${node}" does`)
    return `| ${node} | ${says} |`
  })
  return [
    '# How an answer comes about',
    '',
    'Made from the code by `npm run docs`. A line is always followed, a dashed one as the state says. What each step of an answer',
    'did is kept as its trace: `quarry trace` shows it.',
    '',
    '```mermaid',
    drawingOf(graph),
    '```',
    '',
    '| step | what it does |',
    '|---|---|',
    ...rows,
    '',
  ].join('\n')
}
