/** The certificate authority of a sandbox's databases, as RDS has one per region, and the certificate it signs. */
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generate } from "selfsigned";

export interface Authority {
  /** PEM file with the authority's certificate: what a client trusts. */
  readonly file: string;
  readonly certificate: string;
  readonly key: string;
}

export interface ServerCertificate {
  readonly certificate: string;
  readonly key: string;
}

const made = new Map<string, Promise<Authority>>();
const dayMs = 86_400_000;
const validity = () => ({
  notBeforeDate: new Date(Date.now() - dayMs),
  notAfterDate: new Date(Date.now() + 3650 * dayMs),
});

/** The authority of a data directory, made on first use. Its key stays in memory. */
export function databaseAuthority(dir: string): Promise<Authority> {
  let authority = made.get(dir);
  if (!authority) {
    authority = create(join(dir, "database-ca.pem"));
    made.set(dir, authority);
  }
  return authority;
}

async function create(file: string): Promise<Authority> {
  const pems = await generate([{ name: "commonName", value: "Switchyard sandbox database authority" }], {
    keyType: "ec",
    algorithm: "sha256",
    ...validity(),
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  if (!existsSync(file)) {
    writeFileSync(`${file}.new`, pems.cert);
    renameSync(`${file}.new`, file);
  }
  return { file, certificate: pems.cert, key: pems.private };
}

/** A certificate for databases on this machine (127.0.0.1 and localhost). */
export async function serverCertificate(authority: Authority): Promise<ServerCertificate> {
  const pems = await generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    algorithm: "sha256",
    ...validity(),
    ca: { key: authority.key, cert: authority.certificate },
    extensions: [
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  return { certificate: pems.cert, key: pems.private };
}
