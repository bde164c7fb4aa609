'use client'

export function NewDatabaseScreen() {
  return <h1>NewDatabaseScreen</h1>
}
