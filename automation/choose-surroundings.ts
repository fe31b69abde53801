import { SwitchyardError } from "../programs/errors.ts";
import { pullOf } from "./previews/name.ts";
import { projectRoot, type Surroundings, withoutPulumi } from "./surroundings.ts";

/**
 * Chooses by `SWITCHYARD_SANDBOX=1` (or `--sandbox`); without it, or with 0, it is the real account.
 *
 * @throws SwitchyardError `invalid-flag` for any other value: who wrote `true` did not mean the real account.
 */
export async function surroundings(): Promise<Surroundings> {
  if (sandboxChosen(process.env["SWITCHYARD_SANDBOX"])) {
    const { sandboxSurroundings } = await import("./sandbox.ts");
    return sandboxSurroundings();
  }
  return awsSurroundings();
}

function sandboxChosen(value = ""): boolean {
  if (value === "1") return true;
  if (value === "" || value === "0") return false;
  throw new SwitchyardError("invalid-flag", {
    what: `"${value}" is not a choice`,
    where: "SWITCHYARD_SANDBOX",
    fix: "set it to 1 for the sandbox on this machine, to 0 or not at all for the real account",
  });
}

function awsSurroundings(): Surroundings {
  return {
    name: "aws",
    pace: 1,
    leaseMs: 30_000,
    deadlineMs: 10_000,
    propagationMs: 60_000,
    workDir: async (stack) => {
      if (pullOf(stack) === undefined) return projectRoot;
      const { givePreviewFile } = await import("./previews/file.ts");
      return givePreviewFile(projectRoot, stack);
    },
    engineEnv: {},
    pulumi: async () => {
      const { PulumiCommand } = await import("@pulumi/pulumi/automation/index.js");
      const { inOwnGroup } = await import("./stacks/official.ts");
      return inOwnGroup(await PulumiCommand.get().catch(() => PulumiCommand.install().catch(withoutPulumi)));
    },
    override: async (stack, values) => {
      const { writeStackValues } = await import("./stacks/given.ts");
      return writeStackValues(projectRoot, stack, values);
    },
    close: async () => undefined,
  };
}
