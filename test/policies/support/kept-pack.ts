import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PulumiCommand } from "@pulumi/pulumi/automation/cmd.js";
import { startPack } from "./runner.ts";

/** The policy pack, started once in Pulumi's policy runner, for one operation of an engine after another. */
export interface KeptPack {
  /** The same command, which asks this pack wherever it is told to start the pack for operations of its kind. */
  serving(command: PulumiCommand, packDirectory: string): PulumiCommand;
  stop(): Promise<void>;
}

// The SDK leaves the method out of its type declarations.
interface Runnable {
  run(args: string[], ...rest: unknown[]): Promise<unknown>;
}

/**
 * Starting the runner costs more than judging a stack. An engine finds the runner through the pack's directory, so in
 * this one the runner is a program that says the port of the pack that already runs.
 */
export async function keepPack(
  config: Readonly<Record<string, string>> = {},
  operation: "preview" | "up" = "preview",
): Promise<KeptPack> {
  const [pack, directory] = await Promise.all([
    startPack({ preview: operation === "preview", config }),
    mkdtemp(join(tmpdir(), "switchyard-kept-pack-")),
  ]);
  const runner = join(directory, "node_modules/@pulumi/pulumi/cmd/run-policy-pack");
  await mkdir(runner, { recursive: true });
  await writeFile(join(runner, "index.js"), `console.log(${pack.port});\nsetInterval(() => {}, 60_000);\n`);
  await writeFile(join(directory, "PulumiPolicy.yaml"), "runtime: nodejs\n");
  return {
    serving: (command, packDirectory) => {
      const { run } = command as unknown as Runnable;
      const redirected: Runnable["run"] = (args, ...rest) =>
        run.call(
          command,
          args[0] === operation ? args.map((arg) => (arg === packDirectory ? directory : arg)) : args,
          ...rest,
        );
      return { command: command.command, version: command.version, run: redirected } as unknown as PulumiCommand;
    },
    stop: async () => {
      await pack.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
