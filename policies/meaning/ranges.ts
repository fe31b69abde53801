import { inRange } from "@switchyard/iam/addresses.ts";

/** Addresses that are on no internet (RFC 1918, 4193, 4291, 6598, 3927). */
const privateRanges = [
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "100.64.0.0/10",
  "169.254.0.0/16",
  "127.0.0.0/8",
  "fc00::/7",
  "fe80::/10",
  "::1/128",
];

/** From this many addresses on, what is let in is the internet: 16 million of IPv4, a regional registry's block of IPv6. */
const widestPrefix = { v4: 8, v6: 20 };

/** Whether ranges together reach so much of the internet that naming them keeps nobody out. */
export function reachInternet(cidrs: readonly string[]): boolean {
  const open = [...new Set(cidrs)].filter((cidr) => !isPrivate(cidr));
  const share = (family: "v4" | "v6") =>
    open
      .filter((cidr) => cidr.includes(":") === (family === "v6"))
      .reduce((sum, cidr) => sum + 2 ** (widestPrefix[family] - prefixOf(cidr)), 0);
  return share("v4") >= 1 || share("v6") >= 1;
}

function isPrivate(cidr: string): boolean {
  const [base = ""] = cidr.split("/");
  return privateRanges.some((range) => prefixOf(cidr) >= prefixOf(range) && inRange(base, range));
}

/** Of a single address, all of its bits. */
export function prefixOf(cidr: string): number {
  const [base = "", prefix] = cidr.split("/");
  return prefix === undefined || prefix === "" ? (base.includes(":") ? 128 : 32) : Number(prefix);
}
