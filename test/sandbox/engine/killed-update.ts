/** An update that never ends, to be killed: `a` is made, the making of `b` is under way. */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
import { embeddedPulumi } from "../../../sandbox/engine/command.ts";
import { FakeCloud, Thing } from "./fake.ts";
import { serveFake } from "./fake-server.ts";

const [directory = ""] = process.argv.slice(2);
const backend = pathToFileURL(directory).href;
const workDir = join(directory, "work", "killed");
mkdirSync(workDir, { recursive: true });

class StuckCloud extends FakeCloud {
  override async create(urn: string, inputs: Record<string, unknown>) {
    if (urn.endsWith("::b")) await new Promise(() => {});
    return super.create(urn, inputs);
  }
}

const cloud = new StuckCloud();
const program = async () => {
  const a = new Thing("a", { value: "1" });
  new Thing("b", { value: a.arn });
};
const stack = await LocalWorkspace.createOrSelectStack(
  { stackName: "dev", projectName: "lab", program },
  {
    pulumiCommand: embeddedPulumi({
      providers: { fake: (address) => serveFake(cloud, address) },
      allowedBackend: backend,
    }),
    workDir,
    envVars: { PULUMI_BACKEND_URL: backend },
    projectSettings: { name: "lab", runtime: "nodejs" },
  },
);
await stack.up();
