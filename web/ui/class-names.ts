/** Joins what is not false: classNames('a', isWide && 'b'). */
export const classNames = (...parts: readonly (string | false | undefined)[]): string => parts.filter((part) => part !== false && part !== undefined).join(' ')
