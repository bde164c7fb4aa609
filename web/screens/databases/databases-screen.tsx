'use client'

export function DatabasesScreen() {
  return <h1>DatabasesScreen</h1>
}
