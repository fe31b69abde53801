/** What others wrote is text: no link, no mention of a person or a channel. */
export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** A text that leads to an address; the text alone where that is none. */
export function linked(url: string | undefined, text: string): string {
  return url !== undefined && /^https?:\/\/[^\s|<>]+$/.test(url) ? `<${url}|${escaped(text)}>` : escaped(text);
}
