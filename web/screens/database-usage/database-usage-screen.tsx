'use client'

export function DatabaseUsageScreen() {
  return <h1>DatabaseUsageScreen</h1>
}
