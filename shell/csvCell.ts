/** A cell of CSV: a null is empty, an empty text is in quotes (RFC 4180 leaves both to who writes). */
export function csvCell(text: string | null): string {
  if (text === null) return '';
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
