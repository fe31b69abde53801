import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { LocalWorkspace, type PulumiCommand, type PulumiFn, type Stack } from "@pulumi/pulumi/automation/index.js";
import { embeddedPulumi } from "../../../sandbox/engine/command.ts";
import { isDefaultProvider } from "../../../sandbox/engine/urn.ts";
import { FakeCloud } from "./fake.ts";
import { serveFake } from "./fake-server.ts";

export interface StackOptions {
  readonly name?: string;
  readonly project?: string;
  readonly env?: Record<string, string>;
}

/** A backend, a fake cloud and working directories of their own, with stacks driven through the Automation API. */
export class Lab {
  readonly directory = mkdtempSync(join(tmpdir(), "engine-test-"));
  readonly backend = pathToFileURL(this.directory).href;
  readonly cloud: FakeCloud;
  readonly pulumi: PulumiCommand;
  /** Providers of the embedded engine that run now. */
  serving = 0;
  private readonly plugins: object | undefined;

  /** With `official`, that CLI, which runs the fake provider as a plugin process. */
  constructor(options: { official?: PulumiCommand; previews?: boolean } = {}) {
    const path = join(this.directory, "cloud.json");
    this.cloud = options.official ? new FakeCloud(path, options.previews) : new FakeCloud(undefined, options.previews);
    this.pulumi = options.official ?? this.embedded();
    if (options.official) this.plugins = this.installPlugin(path, options.previews ?? false);
  }

  private embedded(): PulumiCommand {
    const fake = async (engineAddress: string) => {
      const { port, close } = await serveFake(this.cloud, engineAddress);
      this.serving += 1;
      const stop = async () => {
        this.serving -= 1;
        await close();
      };
      return { port, close: stop };
    };
    return embeddedPulumi({ providers: { fake }, allowedBackend: this.backend });
  }

  private installPlugin(path: string, previews: boolean): object {
    const script = join(this.directory, "pulumi-resource-fake");
    const plugin = join(import.meta.dirname, "fake-plugin.ts");
    writeFileSync(script, `#!/bin/sh\nexec "${process.execPath}" "${plugin}" "${path}" "${previews}" "$@"\n`);
    chmodSync(script, 0o755);
    return { providers: [{ name: "fake", path: this.directory }] };
  }

  async stack(program: PulumiFn, { name = "dev", project = "lab", env = {} }: StackOptions = {}): Promise<Stack> {
    return LocalWorkspace.createOrSelectStack(
      { stackName: name, projectName: project, program },
      {
        pulumiCommand: this.pulumi,
        workDir: this.workDirectory(project),
        envVars: {
          PULUMI_BACKEND_URL: this.backend,
          PULUMI_CONFIG_PASSPHRASE: "",
          PULUMI_SKIP_UPDATE_CHECK: "1",
          ...env,
        },
        projectSettings: { name: project, runtime: "nodejs", ...(this.plugins && { plugins: this.plugins }) },
      },
    );
  }

  workDirectory(project = "lab"): string {
    const directory = join(this.directory, "work", project);
    mkdirSync(directory, { recursive: true });
    return directory;
  }

  close(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The operations of a run in the order they began: "create a". Default providers come and go in no fixed order. */
export function operations(events: readonly EngineEvent[]): string[] {
  return events.flatMap(({ resourcePreEvent }) => {
    if (!resourcePreEvent || isDefaultProvider(resourcePreEvent.metadata.urn)) return [];
    const { op, urn } = resourcePreEvent.metadata;
    return [`${op} ${urn.split("::").at(-1)}`];
  });
}

interface Exported {
  resources?: { urn: string; [key: string]: unknown }[];
  pending_operations?: unknown[];
}

/** The stack's resources as `stack export` has them, by name. */
export async function resources(stack: Stack): Promise<Record<string, { urn: string; [key: string]: unknown }>> {
  const { resources = [] } = (await stack.exportStack()).deployment as Exported;
  return Object.fromEntries(resources.map((resource) => [resource.urn.split("::").at(-1) ?? "", resource]));
}
