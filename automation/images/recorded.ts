import { SwitchyardError } from "../../programs/errors.ts";
import type { Image } from "../../programs/release.ts";
import type { Aws } from "../aws/clients.ts";
import type { DeployGoal } from "../deploy/model.ts";
import type { OperationRecord } from "../ledger/journal.ts";

/** A release that served here once, as the ledger recorded it. */
export interface RecordedRelease {
  readonly version: string;
  /** By service. */
  readonly images: Readonly<Record<string, Image>>;
  /** Names of the migrations that were applied when it was released. */
  readonly migrations: readonly string[];
}

/**
 * The last release of a version that succeeded.
 *
 * @param operations Newest first.
 * @throws SwitchyardError `not-found` naming the versions there are, or the service the release did not have yet.
 */
export function recordedRelease(
  operations: readonly OperationRecord[],
  version: string,
  services: readonly string[],
): RecordedRelease {
  const released = operations.flatMap(({ goal, outcome, migrations }) =>
    goal.kind === "deploy" && outcome === "succeeded"
      ? [{ goal, migrations: migrations ?? goal.migrations ?? [] }]
      : [],
  );
  const found = released.find(({ goal }) => goal.version === version);
  const versions = [...new Set(released.map(({ goal }) => goal.version))];
  if (!found)
    throw missing(`no release ${version} ever succeeded here`, `recorded are: ${versions.join(", ") || "none"}`);
  const { images } = found.goal;
  const without = services.filter((name) => images[name] === undefined);
  if (without.length > 0)
    throw missing(
      `${version} was released before there was a service ${without.join(" or ")}`,
      "deploy a tag that has an image for each of today's services",
    );
  return { version, images: of(images, services), migrations: found.migrations };
}

function of(images: DeployGoal["images"], services: readonly string[]): Record<string, Image> {
  return Object.fromEntries(services.flatMap((name) => (images[name] ? [[name, images[name]]] : [])));
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
