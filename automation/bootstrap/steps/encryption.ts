import { byKey, encryptionState, keyProvider, openStacks, type SecretsSeen } from "../decide/encryption.ts";
import { nothingToUndo } from "../decide/steps.ts";
import { outputsOf } from "../stack-state.ts";
import type { Io, Step } from "../step.ts";

const stacks = ["pipeline", "images", "organization", "registry"];

export const encryption: Step = {
  name: "encryption",
  title: "Secrets in the state",
  describe: () => "encrypt the stacks' secrets with the pipeline's key instead of a passphrase",
  detect: async (io) => {
    const { secrets, provider } = await look(io);
    return encryptionState(secrets, provider, io.wanted.passphraseGiven);
  },
  act: async (io) => {
    const { secrets, provider } = await look(io);
    for (const stack of openStacks(secrets)) {
      await io.stacks.encryptWith(stack, provider);
      io.tell(`encrypted the secrets of ${stack} anew: commit what that wrote into Pulumi.${stack}.yaml`);
    }
  },
  // The state of the pipeline has to outlive the pipeline's own key.
  undo: async (io) => {
    const { secrets } = await look(io);
    const keyed = Object.entries(secrets).flatMap(([stack, type]) => (type === byKey ? [stack] : []));
    if (keyed.length === 0) return nothingToUndo;
    if (!io.wanted.passphraseGiven) {
      const first = "set PULUMI_CONFIG_PASSPHRASE_FILE, then --undo again";
      return { did: [], left: [`${keyed.join(", ")}, encrypted with the pipeline's key: ${first}`], stands: true };
    }
    for (const stack of keyed) await io.stacks.encryptWith(stack, "passphrase");
    return { did: [`encrypted the secrets of ${keyed.join(", ")} with the passphrase`], left: [], stands: false };
  },
};

interface Seen {
  readonly secrets: SecretsSeen;
  /** The pipeline's key, as Pulumi names it. */
  readonly provider: string;
}

async function look({ stacks: engine, wanted }: Io): Promise<Seen> {
  const states = await Promise.all(stacks.map((stack) => engine.state(stack)));
  const types = stacks.flatMap((stack, index) => {
    const type = states[index]?.secrets_providers?.type;
    return type === undefined ? [] : [[stack, type] as const];
  });
  const keyArn = outputsOf(states[stacks.indexOf("pipeline")])?.["stateKeyArn"];
  return { secrets: Object.fromEntries(types), provider: keyProvider(String(keyArn ?? ""), wanted.region) };
}
