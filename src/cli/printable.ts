import { oneLine } from "../notify/plain-text.ts";

/** Names and values come out of a database: a control character among them would move the terminal's cursor or set its colours. */
export const printable = (text: string): string => text.replace(/[^\P{Cc}\n]/gu, "\u{FFFD}");

/** Four keys of a bucket, which have 1,024 characters at most. */
const MAX_CHARS = 4096;

/** What comes from outside and is told in a line of ours: it must neither begin another line nor turn this one around. */
export const inOneLine = (text: string): string => oneLine(text, MAX_CHARS);
