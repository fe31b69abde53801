const plain = "[A-Za-z0-9._~!$&()*+,;=:@-]";
const encoded = "%[0-9A-Fa-f]{2}";
const elsewhere = [
  // An empty segment: at the beginning it makes what follows a host.
  String.raw`[^?]*\/\/`,
  // `.` and `..`, plain or percent-encoded.
  String.raw`[^?]*\/(?:\.|%2[Ee]){1,2}(?:[/?]|$)`,
  // Slashes, backslashes and control characters, percent-encoded.
  "[^?]*%(?:2[Ff]|5[Cc]|[01][0-9A-Fa-f]|7[Ff])",
];

/**
 * A path, with a query or without, that every client and server reads as the same one below the same origin: of the
 * characters of RFC 3986, with no empty or dotted segment, no backslash, blank, control character or fragment.
 */
export const requestPath = new RegExp(
  String.raw`^${elsewhere.map((found) => `(?!${found})`).join("")}\/(?:${plain}|'|\/|${encoded})*(?:\?(?:${plain}|[/?]|${encoded})*)?$`,
);

export function isRequestPath(text: string): boolean {
  return requestPath.test(text);
}
