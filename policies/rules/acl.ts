import { reachInternet } from "../meaning/ranges.ts";
import { isMessage, protocolOf } from "./openings.ts";

/** An entry of a network ACL, as EC2 takes it. */
export interface AclEntry {
  readonly action: string;
  readonly ruleNo?: number;
  readonly protocol: string | number;
  readonly cidrBlock?: string;
  readonly ipv6CidrBlock?: string;
  readonly fromPort?: number;
  readonly toPort?: number;
}

/** FTP, SSH and remote desktop. */
const adminPorts = [20, 21, 22, 3389];

/** The administration port at which a list of entries admits the internet: the first entry that fits decides. */
export function adminPort(entries: readonly AclEntry[]): number | undefined {
  const ordered = [...entries].sort((a, b) => (a.ruleNo ?? 0) - (b.ruleNo ?? 0));
  return adminPorts.find((port) =>
    (["cidrBlock", "ipv6CidrBlock"] as const).some((family) => {
      const first = ordered.find((one) => reachInternet([one[family] ?? ""]) && concerns(one, port));
      return first !== undefined && first.action.toLowerCase() === "allow";
    }),
  );
}

function concerns({ protocol, fromPort, toPort }: AclEntry, port: number): boolean {
  const name = protocolOf(protocol);
  if (name === "-1") return true;
  if (isMessage(name) || name === "udp") return false;
  const [from, to] = [fromPort ?? 0, toPort ?? 65535];
  // Answers come back to ports a client took at random (Amazon VPC, "Ephemeral ports").
  const ephemeral = from >= 1024 && to - from > 10_000;
  return !ephemeral && from <= port && port <= to;
}
