import { join } from "node:path";
import * as aws from "@pulumi/aws";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { stackProvider } from "./account.ts";
import type { ImagesConfig } from "./config.ts";
import { type ImageName, readPipeline, repositoryUrl } from "./pipeline-outputs.ts";

/** The images of one tag. */
export interface ImagesOutputs {
  /** Image → `<repository>@sha256:…`. */
  readonly digests: Readonly<Record<string, string>>;
  readonly tag: string;
}

/** The same, while a program runs. */
export type ImagesOutput = { readonly [Key in keyof ImagesOutputs]: pulumi.Input<ImagesOutputs[Key]> };

/** Images an environment runs. `base` is built when one of them is built on it. */
const built = ["web", "api", "migrate"] as const satisfies readonly ImageName[];

/**
 * Every image an environment runs, built from one checkout under one tag: a preview builds, an `up` pushes. Each folder
 * `images/<name>` is a build context; what it copies is bundled first.
 */
export async function images(config: ImagesConfig): Promise<ImagesOutput> {
  const provider = stackProvider(config.stack, config);
  const pipeline = await readPipeline(config.pipelineStack);
  const source = config.source ?? join(import.meta.dirname, "..");
  // Loaded here only: the bundler is of no use to the other stacks.
  const { bundleImages } = await import("../images/build.ts");
  await bundleImages(source);
  const login = aws.ecr.getAuthorizationTokenOutput({}, { provider });

  const image = (name: ImageName, options: pulumi.CustomResourceOptions & { readonly base?: pulumi.Input<string> }) => {
    const { base, ...resourceOptions } = options;
    const context = join(source, "images", name);
    const repository = repositoryUrl(pipeline, name, "switchyard:pipelineStack");
    return new docker.Image(
      name,
      {
        imageName: `${repository}:${config.tag}`,
        build: {
          context,
          dockerfile: join(context, "Dockerfile"),
          platform: config.platform,
          args: { VERSION: config.tag, ...(base === undefined ? {} : { BASE: base }) },
        },
        buildOnPreview: true,
        registry: { server: repository, username: login.userName, password: pulumi.secret(login.password) },
      },
      resourceOptions,
    );
  };

  const base = config.ownBase ? image("base", {}) : undefined;
  const digests = built.map((name) => {
    const pushed = image(name, base === undefined ? {} : { base: base.repoDigest });
    return [name, pushed.repoDigest] as const;
  });
  return { digests: pulumi.all(Object.fromEntries(digests)), tag: config.tag };
}
