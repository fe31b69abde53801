import { existsSync } from "node:fs";
import { join } from "node:path";
import * as aws from "@pulumi/aws";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { stackProvider } from "./account.ts";
import type { ImagesConfig } from "./config.ts";
import { SwitchyardError } from "./errors.ts";
import { readPipeline, repositoryUrl } from "./pipeline-outputs.ts";

/** The images of one tag. */
export interface ImagesOutputs {
  /** Image → `<repository>@sha256:…`. */
  readonly digests: Readonly<Record<string, string>>;
  readonly tag: string;
}

/** The same, while a program runs. */
export type ImagesOutput = { readonly [Key in keyof ImagesOutputs]: pulumi.Input<ImagesOutputs[Key]> };

/**
 * The image of every repository of the pipeline, built from one checkout under one tag: a preview builds, an `up`
 * pushes. Each folder `images/<name>` is a build context; what it copies is bundled first. `base` is built only when
 * the others are built on it.
 *
 * @throws SwitchyardError `invalid-config` when the checkout has no folder for a repository.
 */
export async function images(config: ImagesConfig): Promise<ImagesOutput> {
  const provider = stackProvider(config.stack, config);
  const pipeline = await readPipeline(config.pipelineStack);
  const source = config.source ?? join(import.meta.dirname, "..");
  const names = Object.keys(pipeline.repositoryUrls).filter((name) => name !== "base");
  const login = aws.ecr.getAuthorizationTokenOutput({}, { provider });
  await bundle(source, names);

  const image = (name: string, base?: pulumi.Input<string>) => {
    const context = join(source, "images", name);
    const repository = repositoryUrl(pipeline, name, "switchyard:pipelineStack");
    return new docker.Image(name, {
      imageName: `${repository}:${config.tag}`,
      build: {
        context,
        dockerfile: dockerfile(context),
        platform: config.platform,
        args: { VERSION: config.tag, ...(base === undefined ? {} : { BASE: base }) },
      },
      buildOnPreview: true,
      registry: { server: repository, username: login.userName, password: pulumi.secret(login.password) },
    });
  };

  const base = config.ownBase ? image("base").repoDigest : undefined;
  const digests = Object.fromEntries(names.map((name) => [name, image(name, base).repoDigest]));
  return { digests: pulumi.all(digests), tag: config.tag };
}

/** Sources that a preview of this process has bundled, and no update has taken since. */
const previewed = new Set<string>();

/** An update in the process of its preview takes what that one bundled: seconds of work, and what was judged is what is pushed. */
async function bundle(source: string, names: readonly string[]): Promise<void> {
  const key = JSON.stringify([source, names]);
  if (!pulumi.runtime.isDryRun() && previewed.delete(key)) return;
  // Loaded here only: the bundler is of no use to the other stacks.
  const { bundleImages } = await import("../images/build.ts");
  await bundleImages(source, names);
  if (pulumi.runtime.isDryRun()) previewed.add(key);
}

function dockerfile(context: string): string {
  const path = join(context, "Dockerfile");
  if (existsSync(path)) return path;
  throw new SwitchyardError("invalid-config", {
    what: `there is no ${path}, for a repository of the pipeline`,
    where: "switchyard:source",
    fix: "Name a checkout that has it, or take the repository out of switchyard:repositories of the pipeline",
  });
}
