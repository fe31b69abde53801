import { BlockList, isIP } from "node:net";

/** Whether an IP address is in a range of CIDR notation, or is the address given without a prefix. */
export function inRange(address: string, range: string): boolean {
  const [base = "", prefix] = range.split("/");
  const family = isIP(base);
  if (family === 0 || isIP(address) !== family) return false;
  const bits = prefix === undefined ? (family === 4 ? 32 : 128) : Number(prefix);
  if (!Number.isInteger(bits) || bits < 0 || bits > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  const kind = family === 4 ? "ipv4" : "ipv6";
  list.addSubnet(base, bits, kind);
  return list.check(address, kind);
}
