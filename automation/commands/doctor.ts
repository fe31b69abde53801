import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { organizationConfig, pipelineConfig, programOf } from "../../programs/config.ts";
import { callerOf } from "../aws/caller.ts";
import { readStackState } from "../bootstrap/stack-state.ts";
import { openAws } from "../deploy/conduct/session.ts";
import { judge, type Line, refuseProblems } from "../doctor/judge.ts";
import { look } from "../doctor/look.ts";
import { table } from "../render/reporter.ts";
import { stackValues } from "../stacks/open.ts";
import { projectRoot, type Surroundings } from "../surroundings.ts";
import { type CommonFlags, withContext } from "./context.ts";

/** Looks at what deploys stand on, a line for each; ends with an error when one is a problem. */
export function doctor(flags: CommonFlags): Promise<void> {
  return withContext(flags, async ({ where, out }) => {
    const aws = await openAws(where, "pipeline");
    try {
      const pipeline = pipelineConfig("pipeline", await stackValues(where, "pipeline"));
      const organization = organizationConfig("organization", await stackValues(where, "organization"));
      const facts = await look({
        aws,
        caller: () => callerOf(aws),
        pulumi: async () => versionOf(await where.pulumi()),
        wantedPulumi: await sdkVersion(),
        wantedAccount: pipeline.account,
        accountQuota: organization.accountQuota,
        usesDocker: where.name === "aws",
        backend: where.engineEnv["PULUMI_BACKEND_URL"] ?? process.env["PULUMI_BACKEND_URL"] ?? "the login of pulumi",
        stateBucket: pipeline.stateBucket,
        pipeline: () => readStackState(where, "pipeline"),
        environments: await environments(where),
        github: pipeline.github,
      });
      const lines = judge(facts);
      out.line(table([["check", "", "what was seen"], ...lines.flatMap(rows)]));
      out.document({ lines });
      refuseProblems(lines);
      out.line("no problem");
    } finally {
      aws.close();
    }
  });
}

function rows({ check, verdict, says, fix }: Line): readonly (readonly string[])[] {
  return [[check, verdict, says], ...(verdict === "problem" && fix !== undefined ? [["", "fix", fix]] : [])];
}

function versionOf(command: { readonly command: string; readonly version: unknown }): string {
  return command.command === "embedded" ? "embedded" : String(command.version);
}

async function sdkVersion(): Promise<string> {
  const text = await readFile(join(projectRoot, "package.json"), "utf8");
  return (JSON.parse(text) as { dependencies: Record<string, string> }).dependencies["@pulumi/pulumi"] ?? "unknown";
}

/** The environments this checkout has files of. */
async function environments(where: Surroundings): Promise<readonly string[]> {
  const stacks = (await readdir(projectRoot)).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
  const programs = await Promise.all(stacks.map(async (name) => programOf(name, await stackValues(where, name))));
  return stacks.filter((_, index) => programs[index] === "environment").sort();
}
