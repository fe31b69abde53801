/** What stands in for the `docker` plugin: `docker.Image`, built by a Docker daemon or packed without one, pushed to ECR. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import type { ImageArgs, Image as ImageResource } from "@pulumi/docker";
import { ProviderError } from "../errors.ts";
import { type In, row } from "../row.ts";
import { TableProvider } from "../table-provider.ts";
import { type Bag, same } from "../values.ts";
import { contextDigest } from "./context.ts";
import { buildWithDaemon, daemonAnswers } from "./daemon.ts";
import { parseDockerfile } from "./dockerfile.ts";
import type { Image } from "./image.ts";
import { type PackOptions, packImage } from "./pack.ts";
import { parseReference, push } from "./push.ts";

const { version } = createRequire(import.meta.url)("@pulumi/docker/package.json") as { version: string };

type Inputs = In<ImageArgs>;

function source(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new ProviderError("invalid-input", {
      where: "docker:Image build.dockerfile",
      what: `cannot read ${path}`,
      fix: "Correct the path",
      cause: error,
    });
  }
}

/** With the provider's defaults, and a digest of what is built: a change of a file is a change of the image. */
function normalise(inputs: Inputs): Inputs {
  const context = inputs.build?.context ?? ".";
  const dockerfile = inputs.build?.dockerfile ?? join(context, "Dockerfile");
  const platform = inputs.build?.platform ?? "linux/amd64";
  const text = source(dockerfile);
  const parsed = parseDockerfile(dockerfile, text, inputs.build?.args ?? {});
  const digest = contextDigest(parsed, text, resolve(context));
  return {
    ...inputs,
    build: { ...inputs.build, context, dockerfile, platform, contextDigest: digest } as Inputs["build"],
  };
}

async function build({ build }: Inputs): Promise<Image> {
  const [context = ".", path = ""] = [build?.context, build?.dockerfile];
  const args = build?.args ?? {};
  const options: PackOptions = {
    dockerfile: parseDockerfile(path, source(path), args),
    context: resolve(context),
    platform: build?.platform ?? "linux/amd64",
    args,
    target: build?.target,
  };
  return (await daemonAnswers()) ? buildWithDaemon(options) : packImage(options);
}

/** A new password for the same registry is no change of the image. */
const sameRegistry = (left: unknown, right: unknown) =>
  same({ ...(left as Bag), password: "" }, { ...(right as Bag), password: "" });

const image = row<ImageArgs, ImageResource>({
  update: ["build", "imageName", "registry", "skipPush", "buildOnPreview"],
  required: ["imageName"],
  defaults: { skipPush: false, buildOnPreview: false },
  exact: ["build"],
  equal: { registry: sameRegistry },
  secrets: ["registry"],
  computed: ["baseImageName", "context", "dockerfile", "platform", "registryServer", "repoDigest"],
  recomputed: ["repoDigest"],
  normalise,
  rehearse: async (inputs) => {
    if (inputs.buildOnPreview) await build(inputs);
  },
  create: async (inputs, aws) => {
    const { id, state } = await buildAndPush(inputs, aws);
    return { id, state };
  },
  // The registry is the truth: an image that is gone from it is gone.
  read: async (_id, aws, state) => {
    if (state.skipPush) return state;
    const { repository, region } = parseReference(state.imageName ?? "");
    const imageDigest = state.repoDigest?.split("@")[1];
    const { images } = await aws
      .in(region)
      .ecr.batchGetImage({ repositoryName: repository, imageIds: [{ imageDigest }] });
    return images?.length ? state : undefined;
  },
  write: async (_id, inputs, aws) => (await buildAndPush(inputs, aws)).state,
  // As the real provider: what was pushed stays in the registry, whose lifecycle policy takes care of it.
  delete: async () => undefined,
});

async function buildAndPush(inputs: Inputs, aws: Parameters<typeof push>[2]) {
  const reference = parseReference(inputs.imageName);
  const built = await build(inputs);
  if (!inputs.skipPush) await push(built, reference, aws);
  const state = {
    imageName: inputs.imageName,
    baseImageName: inputs.imageName,
    registryServer: reference.registry,
    repoDigest: `${reference.registry}/${reference.repository}@${built.digest}`,
    context: inputs.build?.context,
    dockerfile: inputs.build?.dockerfile,
    platform: inputs.build?.platform,
  };
  return { id: built.config.digest, state };
}

export const dockerRows = { "docker:index/image:Image": image };

export function dockerProvider(): TableProvider {
  return new TableProvider({ package: "docker", version, rows: dockerRows, functions: {} });
}
