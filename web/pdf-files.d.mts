export function copyPdfFiles(): void
