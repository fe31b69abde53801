/** With what the stacks' secrets are encrypted: a passphrase at first, the pipeline's own key after. */
import type { State } from "./steps.ts";

/** Stack → the type of its secrets provider as its state has it; without stacks that were never applied. */
export type SecretsSeen = Readonly<Record<string, string>>;

/** Pulumi's name for every key of a cloud, AWS KMS among them. */
export const byKey = "cloud";
/** The embedded engine's, which knows no key of AWS. */
const ofSandbox = "sandbox-";

/** As Pulumi names a key of AWS KMS (Pulumi, "Secrets", "Initializing a stack with alternative encryption"). */
export const keyProvider = (keyArn: string, region: string): string => `awskms:///${keyArn}?region=${region}`;

export const openStacks = (seen: SecretsSeen): readonly string[] =>
  Object.keys(seen).filter((stack) => seen[stack] !== byKey);

/**
 * @param provider The pipeline's key as Pulumi names it.
 * @param passphraseGiven Without it nobody can read what is to be encrypted anew.
 */
export function encryptionState(seen: SecretsSeen, provider: string, passphraseGiven: boolean): State {
  const open = openStacks(seen);
  if (open.length === 0) return { kind: "done", says: "by the pipeline's key" };
  if (open.every((stack) => seen[stack]?.startsWith(ofSandbox)))
    return { kind: "left-out", says: "the sandbox's own engine keeps its secrets on this machine" };
  const stacks = open.join(", ");
  if (passphraseGiven) return { kind: "to-do", does: [`encrypt the secrets of ${stacks} with the pipeline's key`] };
  return {
    kind: "by-hand",
    required: false,
    says: `${stacks} by a passphrase, which the workflows do not have`,
    steps: [
      "run it again with PULUMI_CONFIG_PASSPHRASE_FILE set; or, for each stack:",
      ...open.map((stack) => `pulumi stack change-secrets-provider --stack ${stack} '${provider}'`),
    ],
  };
}
