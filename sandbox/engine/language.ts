import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import services from "@pulumi/pulumi/proto/language_grpc_pb.js";
import rpc from "@pulumi/pulumi/proto/language_pb.js";
import type { Deployment } from "./deployment.ts";
import { EngineError, messageOf, unsupported } from "./errors.ts";
import { call, connect, disconnect } from "./grpc.ts";
import { resolveModule } from "./host.ts";
import type { Config, Project } from "./project.ts";

export interface ProgramRun {
  readonly project: Project;
  readonly stack: string;
  readonly config: Config;
  readonly preview: boolean;
  readonly parallel: number;
  readonly monitorAddress: string;
  readonly engineAddress: string;
  readonly env: Record<string, string | undefined>;
  readonly onLine: (line: string, severity: "info" | "info#err") => void;
}

/** The SDK ends a program with this code when it has told the user what is wrong. */
const alreadyReported = 32;

/** Runs the Automation API's inline program, which `address` serves. Answers why it failed, if it did. */
export async function runInline(deployment: Deployment, address: string, run: ProgramRun): Promise<string | undefined> {
  const client = connect(services.LanguageRuntimeClient, address);
  try {
    const request = new rpc.RunRequest().setProject(run.project.name).setStack(run.stack).setDryrun(run.preview);
    request.setParallel(run.parallel).setMonitorAddress(run.monitorAddress).setArgsList([run.engineAddress]);
    request.setPwd(run.project.directory).setOrganization("organization");
    for (const [key, { string }] of Object.entries(run.config)) request.getConfigMap().set(key, string);
    request.setConfigsecretkeysList(secretKeys(run.config));
    // A program whose resources never came to be may wait for them for ever: a stopped operation does not.
    const stopped = deployment.whenStopped();
    const response = await Promise.race([call(client, client.run, request), stopped]);
    return response?.getError() || undefined;
  } catch (error) {
    return messageOf(error);
  } finally {
    disconnect(client);
  }
}

/** Runs the project's own program in a language host process of the SDK. */
export async function runLocal(deployment: Deployment, run: ProgramRun): Promise<string | undefined> {
  const { project } = run;
  if (project.runtime.name !== "nodejs")
    throw unsupported("Pulumi.yaml: runtime", `the runtime "${project.runtime.name}"`);
  const program = programPath(project);
  const { typescript, nodeargs } = project.runtime.options;
  const config = Object.fromEntries(Object.entries(run.config).map(([key, { string }]) => [key, string]));
  const args = [
    ...(typeof nodeargs === "string" ? nodeargs.split(/\s+/).filter((arg) => arg !== "") : []),
    resolveModule(project.directory, "@pulumi/pulumi/cmd/run/index.js"),
    ...["--monitor", run.monitorAddress, "--engine", run.engineAddress, "--organization", "organization"],
    ...["--project", project.name, "--root-directory", project.directory, "--stack", run.stack],
    ...["--pwd", program.directory, ...(run.preview ? ["--dry-run"] : []), "--parallel", String(run.parallel)],
    program.entry,
  ];
  const env = {
    ...process.env,
    ...run.env,
    PULUMI_CONFIG: JSON.stringify(config),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(secretKeys(run.config)),
    ...(typescript !== false && { PULUMI_NODEJS_TYPESCRIPT: "true" }),
  };
  const child = spawn(process.execPath, args, { cwd: project.directory, env, stdio: ["ignore", "pipe", "pipe"] });
  deployment.whenStopped().then(() => child.kill("SIGTERM"));
  forLines(child.stdout, (line) => run.onLine(line, "info"));
  forLines(child.stderr, (line) => run.onLine(line, "info#err"));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code === 0 || deployment.stopping) return undefined;
  if (code === alreadyReported) {
    deployment.failed = true;
    return undefined;
  }
  return `the program ended with exit code ${code}`;
}

function secretKeys(config: Config): string[] {
  return Object.keys(config).filter((key) => config[key]?.secret);
}

/** `main` names a directory to run in, or the file to run. */
function programPath(project: Project): { directory: string; entry: string } {
  if (project.main === undefined) return { directory: project.directory, entry: "." };
  const path = isAbsolute(project.main) ? project.main : join(project.directory, project.main);
  if (!existsSync(path)) {
    throw new EngineError("invalid-argument", {
      where: "Pulumi.yaml: main",
      what: `${path} does not exist`,
      fix: "Correct it",
    });
  }
  return /\.[cm]?[jt]s$/.test(path) ? { directory: dirname(path), entry: path } : { directory: path, entry: "." };
}

function forLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = "";
  stream.on("data", (data: Buffer) => {
    const lines = (rest + data.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  });
  stream.on("end", () => rest !== "" && onLine(rest));
}
