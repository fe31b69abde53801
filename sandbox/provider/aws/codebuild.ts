import type { CreateProjectInput, Project } from "@aws-sdk/client-codebuild";
import type { codebuild } from "@pulumi/aws";
import { type Context, type In, type Out, type Rows, row } from "../row.ts";
import { first, must, tagRecord } from "./shared.ts";

type Inputs = In<codebuild.ProjectArgs>;

const nameOf = (arn: string) => arn.slice(arn.indexOf(":project/") + ":project/".length);

/** What CodeBuild calls by other names than Pulumi does. */
const projectOf = ({ buildTimeout, queuedTimeout, logsConfig, ...inputs }: Inputs) => {
  const { name, description, serviceRole, encryptionKey, concurrentBuildLimit, ...blocks } = inputs;
  const { artifacts, cache, environment, source } = blocks;
  return {
    ...{ name, description, serviceRole, encryptionKey, concurrentBuildLimit, artifacts, cache, environment, source },
    ...{ timeoutInMinutes: buildTimeout, queuedTimeoutInMinutes: queuedTimeout },
    ...(logsConfig?.cloudwatchLogs && { logsConfig: { cloudWatchLogs: logsConfig.cloudwatchLogs } }),
  } as CreateProjectInput;
};

const tagsOf = (tags: Record<string, string>) => Object.entries(tags).map(([key, value]) => ({ key, value }));

const find = async (arn: string, { codebuild }: Context): Promise<Project | undefined> =>
  first((await codebuild.batchGetProjects({ names: [nameOf(arn)] })).projects);

const project = row<codebuild.ProjectArgs, codebuild.Project>({
  update: [
    ...(["artifacts", "buildTimeout", "cache", "concurrentBuildLimit", "description", "encryptionKey"] as const),
    ...(["environment", "logsConfig", "queuedTimeout", "serviceRole", "source"] as const),
  ],
  replace: ["name"],
  required: ["artifacts", "environment", "serviceRole", "source"],
  autoName: { key: "name", max: 150 },
  defaults: { buildTimeout: 60, queuedTimeout: 480 },
  computed: ["arn"],
  create: async (inputs, { codebuild, tags }) => {
    const made = await codebuild.createProject({ ...projectOf(inputs), tags: tagsOf(tags) });
    return must(made.project?.arn, "project.arn");
  },
  read: async (arn, aws) => {
    const found = await find(arn, aws);
    if (found === undefined) return undefined;
    const { timeoutInMinutes: buildTimeout, queuedTimeoutInMinutes: queuedTimeout, logsConfig, tags, ...rest } = found;
    return {
      ...{ arn, buildTimeout, queuedTimeout, name: rest.name, description: rest.description },
      ...{ serviceRole: rest.serviceRole, encryptionKey: rest.encryptionKey },
      concurrentBuildLimit: rest.concurrentBuildLimit,
      ...({ artifacts: rest.artifacts, cache: rest.cache, environment: rest.environment } as Out<codebuild.Project>),
      ...({ source: rest.source, logsConfig: logsConfig && { cloudwatchLogs: logsConfig.cloudWatchLogs } } as object),
      tagsAll: tagRecord(tags?.map(({ key, value }) => ({ Key: key, Value: value }))),
    };
  },
  write: async (_arn, inputs, { codebuild }) => {
    await codebuild.updateProject(projectOf(inputs));
  },
  tag: async (arn, tags, aws) => {
    const kept = (await find(arn, aws))?.tags?.filter(({ key = "" }) => !(key in tags)) ?? [];
    return aws.codebuild.updateProject({ name: nameOf(arn), tags: [...kept, ...tagsOf(tags)] });
  },
  untag: async (arn, keys, aws) => {
    const kept = (await find(arn, aws))?.tags?.filter(({ key = "" }) => !keys.includes(key)) ?? [];
    return aws.codebuild.updateProject({ name: nameOf(arn), tags: kept });
  },
  delete: (arn, { codebuild }) => codebuild.deleteProject({ name: nameOf(arn) }),
});

export const codebuildRows: Rows = { "aws:codebuild/project:Project": project };
