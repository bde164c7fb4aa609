// Models that think before they write. Their thoughts count among the tokens of an answer, so that a limit made for the answer alone
// would end it before its first word.

/**
 * Tokens for thoughts, on top of what an answer may have. Source: about questions on given passages such models think for some hundred
 * to 3,000 tokens; OpenAI advises to leave much more than that for problems of mathematics.
 */
export const THINKING_TOKENS = 6_000

/**
 * By the names under which OpenAI, Bedrock, Cohere, routers and servers of open models offer them. Claude and Nova think only when they are
 * asked to, which nobody does here.
 */
const THINKS =
  /(?:^|[/:.])(?:o\d(?:-|$)|gpt-5)|gpt-oss|deepseek[-.]r\d|deepseek-reasoner|qwq|magistral|qwen-?3(?!.*(?:instruct|coder|embed))|reasoning|thinking/i
const DOES_NOT = /gpt-5[^/]*-(?:chat|search)|non-?(?:reasoning|thinking)/i

/** Tokens that a model may think, within a window; 0 for one that does not. */
export function thinkingTokens(model: string, window: number): number {
  return THINKS.test(model) && !DOES_NOT.test(model) ? Math.min(THINKING_TOKENS, Math.floor(window / 4)) : 0
}
