/** The first images, which a deploy needs and no workflow has pushed yet. */
import { type ImagesSeen, imagesState } from "../decide/judge.ts";
import { outputsOf } from "../stack-state.ts";
import type { Io, Step } from "../step.ts";
import { undoStack } from "./stacks.ts";

export const images: Step = {
  name: "images",
  title: "First images",
  describe: ({ tag }) => `build the images and push them under the tag ${tag}`,
  detect: async (io) => imagesState(await seeImages(io), io.wanted),
  act: async ({ stacks, wanted }) => {
    await stacks.configure("images", { "switchyard:tag": wanted.tag });
    await stacks.apply("images");
  },
  // The images themselves go with their repositories.
  undo: (io) => undoStack(io, "images"),
};

async function seeImages({ aws, stacks }: Io): Promise<ImagesSeen> {
  const [pipeline, pushed] = await Promise.all([stacks.state("pipeline"), stacks.state("images")]);
  const repositories = record(outputsOf(pipeline)?.["repositoryUrls"]);
  // What the others are built on is pushed only where they are built on it.
  const wanted = Object.keys(repositories).filter((name) => name !== "base");
  const digests = record(outputsOf(pushed)?.["digests"]);
  const looked = await Promise.all(
    Object.entries(digests).map(async ([name, digest]) => ((await isThere(aws, digest)) ? [] : [name])),
  );
  return { wanted, pushed: Object.keys(digests), missing: looked.flat() };
}

/** @param digest `<registry>/<repository>@sha256:…`. */
async function isThere(aws: Io["aws"], digest: string): Promise<boolean> {
  const [, repositoryName, imageDigest] = /^[^/]+\/(.+)@(sha256:[0-9a-f]{64})$/.exec(digest) ?? [];
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-ecr"), aws.client("ecr")]);
  const answer = await client.send(new sdk.BatchGetImageCommand({ repositoryName, imageIds: [{ imageDigest }] }));
  return (answer.images ?? []).length > 0;
}

function record(value: unknown): Readonly<Record<string, string>> {
  return (value ?? {}) as Readonly<Record<string, string>>;
}
