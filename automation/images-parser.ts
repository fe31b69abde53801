import type { Argv } from "yargs";
import type { CommonFlags } from "./commands/context.ts";
import type * as images from "./commands/images.ts";
import type * as publicImages from "./commands/public-images.ts";
import type * as remoteImages from "./commands/remote-images.ts";

export const theTag = <T extends CommonFlags>(y: Argv<T>) =>
  y.option("tag", { type: "string", demandOption: true, describe: "image tag" });

interface Load {
  images(): Promise<typeof images>;
  publicImages(): Promise<typeof publicImages>;
  remoteImages(): Promise<typeof remoteImages>;
}

export function imagesCommands<T extends CommonFlags>(y: Argv<T>, load: Load) {
  const source = <U extends CommonFlags>(z: Argv<U>) =>
    z
      .option("source", { type: "string", describe: "checkout to build; default: this one" })
      .option("public", { type: "boolean", describe: "the public base images instead" });
  const flags = <U extends CommonFlags>(z: Argv<U>) =>
    source(theTag(z)).option("layouts", {
      type: "string",
      describe: "directory of the builds of public images; default: images/dist",
      implies: "public",
    });
  return y
    .command("build", "build without pushing", flags, async (f) =>
      f.public === true
        ? (await load.publicImages()).buildPublic(f as publicImages.PublicImagesFlags)
        : (await load.images()).build(f as images.ImagesFlags),
    )
    .command(
      "push",
      "build and push under a tag; of public images, push what was built",
      (z) =>
        flags(z).option("remote", {
          type: "boolean",
          describe:
            "build this checkout's last commit in the runner's account; Ctrl-C leaves the build, a second one stops it",
          conflicts: ["public", "source", "layouts"],
        }),
      async (f) => {
        if (f.public === true) return (await load.publicImages()).pushPublic(f as publicImages.PublicImagesFlags);
        if (f.remote === true) return (await load.remoteImages()).pushRemotely(f as remoteImages.RemotePushFlags);
        return (await load.images()).push(f as images.ImagesFlags);
      },
    )
    .command(
      "digests",
      "digests last pushed",
      (z) =>
        source(z).option("check", {
          type: "boolean",
          describe: "compare the record of public images with the registry",
          implies: "public",
        }),
      async (f) =>
        f.public === true
          ? (await load.publicImages()).publicDigests(f as publicImages.PublicDigestsFlags)
          : (await load.images()).digests(f),
    )
    .demandCommand(1, "Name an action: build, push or digests.");
}
