import { SwitchyardError } from "../../programs/errors.ts";
import type { Image } from "../../programs/release.ts";
import type { Aws } from "../aws/clients.ts";
import { type OperationRecord, releasesOf } from "../ledger/journal.ts";

/** A release that served here once, as the ledger recorded it. */
export interface RecordedRelease {
  readonly version: string;
  /** By service; without those that it did not have. */
  readonly images: Readonly<Record<string, Image>>;
  /** Names of the migrations that were applied when it was released. */
  readonly migrations: readonly string[];
}

/**
 * What a version last released of today's services; some may have been there only later, or were deployed without it.
 *
 * @param operations Newest first.
 * @throws SwitchyardError `not-found` naming the versions there are, or the services the release had.
 */
export function recordedRelease(
  operations: readonly OperationRecord[],
  version: string,
  services: readonly string[],
): RecordedRelease {
  const found = releasesOf(operations, version);
  if (found.length === 0) {
    const deploys = operations.filter(({ goal, outcome }) => goal.kind === "deploy" && outcome === "succeeded");
    const versions = [...new Set(deploys.map(({ goal }) => goal.version))];
    throw missing(`no release ${version} ever succeeded here`, `recorded are: ${versions.join(", ") || "none"}`);
  }
  const had: Readonly<Record<string, Image>> = Object.assign({}, ...found.map(({ goal }) => goal.images).reverse());
  const images = Object.fromEntries(services.flatMap((name) => (had[name] ? [[name, had[name]]] : [])));
  if (Object.keys(images).length === 0)
    throw missing(
      `${version} was a release of ${Object.keys(had).join(" and ")}, and there is no such service any more`,
      "deploy a tag that has an image for each of today's services",
    );
  // What one of several stands on the others may not: only what all know is known.
  const known = found.map(({ goal, migrations }) => migrations ?? goal.migrations ?? []);
  const migrations = (known[0] ?? []).filter((name) => known.every((names) => names.includes(name)));
  return { version, images, migrations };
}

/** @throws SwitchyardError `not-found` naming the first image the registry does not hold any more. */
export async function refuseMissing(aws: Aws, { images, version }: RecordedRelease): Promise<void> {
  const { DescribeImagesCommand } = await import("@aws-sdk/client-ecr");
  const ecr = await aws.client("ecr");
  const asked = Object.entries(images).map(async ([name, { digest }]) => {
    const [url = "", imageDigest = ""] = digest.split("@");
    const repositoryName = url.slice(url.indexOf("/") + 1);
    try {
      await ecr.send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageDigest }] }));
    } catch (error) {
      if ((error as Error).name !== "ImageNotFoundException") throw error;
      const fix = "build it from its commit (`switchyard history` names it), push it as a new tag and deploy that";
      throw missing(`the registry does not hold ${name} ${version} any more`, fix, error);
    }
  });
  await Promise.all(asked);
}

function missing(what: string, fix: string, cause?: unknown): SwitchyardError {
  return new SwitchyardError("not-found", { what, where: "--to", fix, cause });
}
