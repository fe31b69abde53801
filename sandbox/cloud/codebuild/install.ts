/** CodeBuild: projects are moto's, with all that they are given, and changed; builds are processes. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import {
  BatchGetBuildsCommand,
  BatchGetProjectsCommand,
  CodeBuildClient,
  CreateProjectCommand,
  DeleteProjectCommand,
  ListBuildsForProjectCommand,
  type Project,
  StartBuildCommand,
  type StartBuildInput,
  StopBuildCommand,
  UpdateProjectCommand,
} from "@aws-sdk/client-codebuild";
import type { Enter } from "../access/sessions.ts";
import type { CloudContext } from "../handlers.ts";
import { awsError } from "../handlers.ts";
import { Build } from "./build.ts";

/** A repeated start is the first one's for so long, in AWS's milliseconds (AWS CodeBuild API, StartBuild). */
const tokenMs = 5 * 60_000;
/** What a project has that is given no other (AWS CodeBuild API, CreateProject); moto's has no time at all. */
const unless = { timeoutInMinutes: 60, queuedTimeoutInMinutes: 480 };

interface Started {
  readonly build: Build;
  readonly input: string;
  readonly at: number;
}

/** Who calls: their moto. */
type Caller = Pick<CloudContext, "moto">;

export function installCodeBuild(cloud: CloudContext, enter: Enter): void {
  /** What each project was given that moto does not keep, by its ARN. */
  const given = new Map<string, Partial<Project>>();
  const builds = new Map<string, Build>();
  const tokens = new Map<string, Started>();

  const whole = (found: Project): Project => ({ ...found, ...unless, ...given.get(found.arn ?? "") });
  const projectOf = async (caller: Caller, name: string | undefined): Promise<Project> => {
    const asked = new BatchGetProjectsCommand({ names: [name ?? ""] });
    const found = (await caller.moto(CodeBuildClient).send(asked)).projects?.[0];
    if (found === undefined) throw awsError("ResourceNotFoundException", `Project cannot be found: ${name}`);
    return whole(found);
  };
  const keep = (arn: string | undefined, input: object) => {
    const said = Object.entries(input).filter(([member, value]) => member !== "name" && value !== undefined);
    given.set(arn ?? "", { ...given.get(arn ?? ""), ...Object.fromEntries(said) });
  };

  cloud.handle(CreateProjectCommand, async (input, call) => {
    const { project = {} } = await call.toMoto();
    keep(project.arn, input);
    return { project: whole(project) };
  });
  cloud.handle(UpdateProjectCommand, async (input, call) => {
    const { arn } = await projectOf(call, input.name);
    keep(arn, input);
    return { project: await projectOf(call, input.name) };
  });
  cloud.handle(BatchGetProjectsCommand, async ({ names = [] }, call) => {
    const { projects = [] } = await call.toMoto();
    const has = (name: string) => projects.some((project) => project.name === name || project.arn === name);
    return { projects: projects.map(whole), projectsNotFound: names.filter((name) => !has(name)) };
  });
  cloud.handle(DeleteProjectCommand, async ({ name }, call) => {
    const project = await projectOf(call, name).catch(() => undefined);
    given.delete(project?.arn ?? "");
    return call.toMoto();
  });

  const of = (project: Project) => [...builds.values()].filter(({ detail }) => detail.projectName === project.name);
  cloud.handle(StartBuildCommand, async ({ idempotencyToken, ...input }, call) => {
    const known = repeated(tokens, idempotencyToken, input, cloud);
    if (known !== undefined) return { build: known.detail };
    const project = await projectOf(call, input.projectName);
    const running = of(project).filter(({ detail }) => detail.buildComplete !== true);
    const { concurrentBuildLimit: limit } = project;
    if (limit !== undefined && running.length >= limit)
      throw awsError("AccountLimitExceededException", `Cannot have more than ${limit} active builds for the project`);
    const build = new Build(cloud, enter, project, input, of(project).length + 1);
    builds.set(build.detail.id ?? "", build);
    if (idempotencyToken !== undefined)
      tokens.set(idempotencyToken, { build, input: JSON.stringify(input), at: cloud.clock.now() });
    return { build: build.detail };
  });
  cloud.handle(BatchGetBuildsCommand, ({ ids = [] }) => ({
    builds: ids.flatMap((id) => builds.get(id)?.detail ?? []),
    buildsNotFound: ids.filter((id) => !builds.has(id)),
  }));
  cloud.handle(ListBuildsForProjectCommand, async ({ projectName }, call) => {
    const found = of(await projectOf(call, projectName));
    return { ids: found.map(({ detail }) => detail.id ?? "").reverse() };
  });
  cloud.handle(StopBuildCommand, ({ id }) => {
    const build = builds.get(id ?? "");
    if (build === undefined) throw awsError("ResourceNotFoundException", `Build ${id} does not exist`);
    build.stop();
    return { build: build.detail };
  });
  cloud.status("builds", () =>
    [...builds.values()].map(({ detail: { id, currentPhase, buildStatus }, pid }) => ({
      id,
      currentPhase,
      buildStatus,
      pid,
    })),
  );
  const clear = async () => {
    await Promise.all([...builds.values()].map((build) => build.kill()));
    for (const map of [builds, tokens, given]) map.clear();
    rmSync(join(cloud.dir, "builds"), { recursive: true, force: true });
  };
  cloud.onReset(clear);
  cloud.onStop(clear);
}

/** The build of the same start; refuses a token that was another's. */
function repeated(
  tokens: ReadonlyMap<string, Started>,
  token: string | undefined,
  input: StartBuildInput,
  { clock }: Pick<CloudContext, "clock">,
): Build | undefined {
  const known = tokens.get(token ?? "");
  if (known === undefined || clock.now() - known.at > clock.paced(tokenMs)) return undefined;
  if (known.input === JSON.stringify(input)) return known.build;
  throw awsError("InvalidInputException", "The idempotency token was used with other parameters");
}
