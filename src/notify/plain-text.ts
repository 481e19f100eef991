/** What of a text a channel can take. Texts hold names and values that came from databases, services and people. */

/** On one line, without characters that control, reverse or hide what is beside them; cut at the limit. */
export function oneLine(text: string, maxChars: number): string {
  return cut(
    text
      .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu, " ")
      .replace(/ {2,}/g, " ")
      .trim(),
    maxChars,
  );
}

/** Printable ASCII. Accents are dropped, what is left of other alphabets becomes "?"; cut at the limit. */
export function ascii(text: string, maxChars: number): string {
  const plain = oneLine(text, Number.POSITIVE_INFINITY)
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^ -~]/g, "?");
  return cut(plain, maxChars);
}

/** In ASCII, and outside the alphabet of SMS or twice as long in it. https://docs.aws.amazon.com/sns/latest/dg/sms_publish-to-phone.html */
const NOT_GSM: Readonly<Record<string, string>> = {
  "`": "'",
  "^": "'",
  "[": "(",
  "]": ")",
  "{": "(",
  "}": ")",
  "|": "/",
  "\\": "/",
  "~": "-",
};

/** One SMS counts these characters once each: any other one would halve what fits. */
export const gsm = (text: string, maxChars: number): string =>
  ascii(
    text.replace(/[`^[\]{}|\\~]/g, (sign) => NOT_GSM[sign] ?? "?"),
    maxChars,
  );

/** Between words, where that does not lose much, with three dots. */
export function cut(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const room = Math.max(0, maxChars - 3);
  const space = text.lastIndexOf(" ", room);
  const end = space >= room - LONGEST_LOST ? space : room;
  // Never half of a pair.
  return `${text.slice(0, Math.max(0, end)).replace(/[\uD800-\uDBFF]$/, "")}...`.slice(0, Math.max(0, maxChars));
}
const LONGEST_LOST = 20;
