// Names come from code under review: they must not format the comment, or mention anybody.

export function code(text: string): string {
  return `\`${text.replaceAll("`", "'").replaceAll("\n", " ")}\``;
}

export function escaped(text: string): string {
  return text
    .replace(/[\\`*_[\]<>|#]/g, "\\$&")
    .replaceAll("@", "@\u200b")
    .replaceAll("\n", " ");
}
