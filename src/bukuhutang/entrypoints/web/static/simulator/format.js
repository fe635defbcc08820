// Text as WhatsApp shows it, numbers, times and sizes. Builds text nodes only: what a person
// typed is never read as HTML.

import { language } from "./words.js";

const ZONE = "Asia/Jakarta";
const STYLES = { "*": "strong", _: "em", "~": "s" };
const MARKED = /```([\s\S]+?)```|([*_~])(?=\S)([^\n]*?\S)\2/gu;
const WORD = /[\p{L}\p{N}]/u;

/** Append `text` to `parent`: *bold*, _italic_, ~strike~ and ```fixed``` at word borders. */
export function appendFormatted(parent, text) {
  let from = 0;
  MARKED.lastIndex = 0;
  for (let found; (found = MARKED.exec(text)); ) {
    const end = found.index + found[0].length;
    if (WORD.test(text[found.index - 1] ?? "") || WORD.test(text[end] ?? "")) {
      MARKED.lastIndex = found.index + 1; // a mark within a word is just a character
      continue;
    }
    parent.append(text.slice(from, found.index));
    const styled = document.createElement(found[1] ? "code" : STYLES[found[2]]);
    if (found[1]) styled.append(found[1]);
    else appendInner(styled, found[3]);
    parent.append(styled);
    from = end;
  }
  parent.append(text.slice(from));
}

function appendInner(parent, text) {
  const resume = MARKED.lastIndex; // one shared expression: the caller goes on where it was
  appendFormatted(parent, text);
  MARKED.lastIndex = resume;
}

/** The first line of a text without its marks, for the list of chats. */
export function plainLine(text) {
  const holder = document.createElement("span");
  appendFormatted(holder, text.split("\n").find((line) => line.trim()) ?? "");
  return holder.textContent;
}

/** `6281211112222` as `+62 812-1111-2222`; other countries with a plus only; groups as they are. */
export function shownNumber(digits) {
  if (digits.endsWith("@g.us")) return `👥 ${digits.slice(0, -5)}`;
  const local = /^62(\d{3})(\d{3,4})(\d{2,6})$/.exec(digits);
  return local ? `+62 ${local[1]}-${local[2]}-${local[3]}` : `+${digits}`;
}

/** `6281211112222` as people in Indonesia type it: `081211112222`. */
export function typedNumber(digits) {
  return digits.startsWith("62") ? `0${digits.slice(2)}` : `+${digits}`;
}

/** Whether this may be a phone number at all; the service decides. */
export function looksLikeNumber(text) {
  return /^\+?[\d\s().-]{7,24}$/.test(text.trim());
}

const formats = new Map();

function format(name, options) {
  const kind = `${language()} ${name}`;
  if (!formats.has(kind)) {
    const locale = language() === "id" ? "id-ID" : "en-GB";
    formats.set(kind, new Intl.DateTimeFormat(locale, { timeZone: ZONE, ...options }));
  }
  return formats.get(kind);
}

/** Hour and minute in Jakarta. */
export function timeOf(date) {
  return format("time", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(date);
}

/** The day in Jakarta, with weekday and year. */
export function dayOf(date) {
  return format("day", { weekday: "long", day: "numeric", month: "long", year: "numeric" }).format(
    date,
  );
}

/** Day and minute in Jakarta, short enough for the header. */
export function momentOf(date) {
  const day = format("moment", { weekday: "short", day: "numeric", month: "short", year: "numeric" });
  return `${day.format(date)}, ${timeOf(date)} WIB`;
}

/** A size in bytes for people. */
export function sizeOf(bytes) {
  const mega = bytes / 1024 / 1024;
  const locale = language() === "id" ? "id-ID" : "en-GB";
  if (mega >= 1) return `${mega.toLocaleString(locale, { maximumFractionDigits: 1 })} MB`;
  return `${Math.max(1, Math.round(bytes / 1024)).toLocaleString(locale)} kB`;
}
