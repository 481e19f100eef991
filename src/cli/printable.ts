/** Names and values come out of a database: a control character among them would move the terminal's cursor or set its colours. */
export const printable = (text: string): string => text.replace(/[^\P{Cc}\n]/gu, "\u{FFFD}");
