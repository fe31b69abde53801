import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "./errors.ts";
import { isObject, isSecret, type Properties, secretSignature, signatureKey, type Value } from "./values.ts";

/** How a stack's secrets are encrypted; stored with the stack. */
export interface SecretsProvider {
  readonly type: "sandbox-key-file" | "sandbox-passphrase";
  readonly state: { readonly salt?: string };
}

const derived = new Map<string, Buffer>();

/** AES-256-GCM under the backend's key file, or under a key derived from PULUMI_CONFIG_PASSPHRASE. */
export class Crypter {
  readonly provider: SecretsProvider;
  private readonly key: Buffer;
  /** Ciphertexts already seen, so that an unchanged secret keeps its ciphertext. */
  private readonly known = new Map<string, string>();

  constructor(provider: SecretsProvider, key: Buffer) {
    this.provider = provider;
    this.key = key;
  }

  encrypt(plaintext: string): string {
    const known = this.known.get(plaintext);
    if (known !== undefined) return known;
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", this.key, nonce);
    const sealed = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final(), cipher.getAuthTag()]);
    const ciphertext = `v1:${nonce.toString("base64")}:${sealed.toString("base64")}`;
    this.known.set(plaintext, ciphertext);
    return ciphertext;
  }

  decrypt(ciphertext: string, where: string): string {
    const [version, nonce, sealed] = ciphertext.split(":");
    try {
      if (version !== "v1" || nonce === undefined || sealed === undefined) throw new Error("not a v1 ciphertext");
      const bytes = Buffer.from(sealed, "base64");
      const decipher = createDecipheriv("aes-256-gcm", this.key, Buffer.from(nonce, "base64"));
      decipher.setAuthTag(bytes.subarray(-16));
      const plaintext = Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString("utf8");
      this.known.set(plaintext, ciphertext);
      return plaintext;
    } catch (cause) {
      throw new EngineError("invalid-state", {
        where,
        what: "a secret cannot be decrypted",
        fix: "Use the key file or PULUMI_CONFIG_PASSPHRASE it was encrypted with",
        cause,
      });
    }
  }
}

/** The crypter of a stack that says `provider`, or of a new stack when it says nothing. */
export function openCrypter(directory: string, passphrase: string, provider?: SecretsProvider): Crypter {
  const type = provider?.type ?? (passphrase === "" ? "sandbox-key-file" : "sandbox-passphrase");
  if (type === "sandbox-key-file") return new Crypter({ type, state: {} }, keyFile(directory));
  if (type !== "sandbox-passphrase") {
    const where = `secrets provider "${type}"`;
    const fix = "Import the stack with its secrets in plaintext (stack export --show-secrets)";
    throw new EngineError("invalid-state", { where, what: "is not one of this engine's", fix });
  }
  if (passphrase === "") {
    const where = "PULUMI_CONFIG_PASSPHRASE";
    throw new EngineError("invalid-state", {
      where,
      what: "is not set, and this stack's secrets need it",
      fix: "Set it",
    });
  }
  const salt = provider?.state.salt ?? randomBytes(16).toString("base64");
  const id = `${salt}:${passphrase}`;
  const key = derived.get(id) ?? scryptSync(passphrase, Buffer.from(salt, "base64"), 32);
  derived.set(id, key);
  return new Crypter({ type, state: { salt } }, key);
}

function keyFile(directory: string): Buffer {
  const path = join(directory, "secrets.key");
  if (!existsSync(path)) {
    mkdirSync(directory, { recursive: true });
    const draft = `${path}.${randomBytes(6).toString("hex")}`;
    writeFileSync(draft, randomBytes(32).toString("base64"), { mode: 0o600 });
    try {
      linkSync(draft, path);
    } catch (error) {
      // Another process made the key first: use that one.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    } finally {
      rmSync(draft, { force: true });
    }
  }
  return Buffer.from(readFileSync(path, "utf8"), "base64");
}

/** How secrets are written: encrypted, in the clear (`--show-secrets`), or hidden (events). */
export type Sealing = { seal: (plaintext: string) => Properties };

export function encrypted(crypter: Crypter): Sealing {
  return { seal: (plaintext) => ({ ciphertext: crypter.encrypt(plaintext) }) };
}
export const inTheClear: Sealing = { seal: (plaintext) => ({ plaintext }) };
export const hidden: Sealing = { seal: () => ({ ciphertext: "[secret]" }) };

export function sealValue(value: Value, sealing: Sealing): Value {
  if (isSecret(value)) {
    return { [signatureKey]: secretSignature, ...sealing.seal(JSON.stringify(value.value)) };
  }
  if (Array.isArray(value)) return value.map((item) => sealValue(item, sealing));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, sealValue(item, sealing)]));
}

export function openValue(value: Value, crypter: () => Crypter, where: string): Value {
  if (Array.isArray(value)) return value.map((item) => openValue(item, crypter, where));
  if (!isObject(value)) return value;
  if (value[signatureKey] === secretSignature && !("value" in value)) {
    const plaintext = value["plaintext"] ?? crypter().decrypt(String(value["ciphertext"]), where);
    return { [signatureKey]: secretSignature, value: JSON.parse(String(plaintext)) as Value };
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, openValue(item, crypter, where)]));
}
