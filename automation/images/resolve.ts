import type { ImageDetail } from "@aws-sdk/client-ecr";
import type { EnvironmentConfig } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import type { Image } from "../../programs/release.ts";
import type { Aws } from "../aws/clients.ts";
import { type Clock, systemClock } from "../clock.ts";
import { readScan, type Scan } from "./scan.ts";

export interface ResolvedImage extends Image {
  readonly scan: Scan;
}

/** How a scan that is under way, as after every push, is waited for. */
export interface ScanWait {
  readonly clock: Clock;
  /** In milliseconds. */
  readonly deadlineMs: number;
  /** Called once for each image that is waited for. */
  readonly waiting: (what: string) => void;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
}

const scanPollMs = 2_000;

/** The images a deploy of one tag runs: one a service and the migration function's. */
export interface ResolvedImages {
  readonly services: Readonly<Record<string, ResolvedImage>>;
  readonly migrate: ResolvedImage;
}

/** Finds each image's digest by its tag. @throws SwitchyardError `not-found` naming every image that is not there. */
export async function resolveImages(
  aws: Aws,
  config: EnvironmentConfig,
  repositoryUrls: Readonly<Record<string, string>>,
  version: string,
  scans?: ScanWait,
): Promise<ResolvedImages> {
  const names = Object.entries(config.services).map(([name, s]) => [name, s.repository ?? name] as const);
  const repositories = [...new Set([...names.map(([, r]) => r), config.migrations.repository])];
  const answers = await Promise.allSettled(repositories.map((r) => resolve(aws, r, repositoryUrls, version, scans)));
  refuseMissing(answers.flatMap((a) => (a.status === "rejected" ? [a.reason] : [])));
  const found = new Map(answers.flatMap((a, i) => (a.status === "fulfilled" ? [[repositories[i], a.value]] : [])));
  const of = (repository: string) => found.get(repository) as ResolvedImage;
  return {
    services: Object.fromEntries(names.map(([name, repository]) => [name, of(repository)])),
    migrate: of(config.migrations.repository),
  };
}

function refuseMissing(failures: readonly unknown[]): void {
  const other = failures.find((failure) => !(failure instanceof SwitchyardError));
  if (other) throw other;
  const missing = failures as readonly SwitchyardError[];
  const [first] = missing;
  if (!first) return;
  if (missing.length === 1) throw first;
  const { where, fix } = first;
  throw new SwitchyardError("not-found", { what: missing.map((m) => m.what).join("; "), where, fix, cause: first });
}

async function resolve(
  aws: Aws,
  repository: string,
  urls: Readonly<Record<string, string>>,
  version: string,
  scans?: ScanWait,
): Promise<ResolvedImage> {
  const url = urls[repository];
  if (url === undefined)
    throw missing(repository, `the pipeline has no repository ${repository}`, "switchyard:services");
  const { now } = scans?.clock ?? systemClock;
  const repositoryName = url.slice(url.indexOf("/") + 1);
  let detail = await describe(aws, repository, repositoryName, version);
  let scan = await readScan(aws, repositoryName, detail, now());
  const until = now() + (scans?.deadlineMs ?? 0);
  for (let told = false; scans && scan.kind === "scanning" && !isOver(scans, until); told = true) {
    if (!told) scans.waiting(`the scan of ${repository}:${version} is not finished`);
    await scans.clock.sleep(scanPollMs, scans.signal);
    detail = await describe(aws, repository, repositoryName, version);
    scan = await readScan(aws, repositoryName, detail, now());
  }
  return { digest: `${url}@${detail.imageDigest}`, version, scan };
}

function isOver({ clock, signal }: ScanWait, until: number): boolean {
  return signal.aborted || clock.now() >= until;
}

async function describe(aws: Aws, repository: string, repositoryName: string, version: string): Promise<ImageDetail> {
  const { DescribeImagesCommand } = await import("@aws-sdk/client-ecr");
  const ecr = await aws.client("ecr");
  try {
    const answer = await ecr.send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag: version }] }));
    const detail = answer.imageDetails?.[0];
    if (detail?.imageDigest !== undefined) return detail;
    throw missing(repository, `there is no image ${repository}:${version}`, "--tag");
  } catch (error) {
    if ((error as Error).name === "ImageNotFoundException")
      throw missing(repository, `there is no image ${repository}:${version}`, "--tag", error);
    throw error;
  }
}

function missing(repository: string, what: string, where: string, cause?: unknown): SwitchyardError {
  return new SwitchyardError("not-found", {
    what,
    where,
    fix: `push it with \`switchyard images push --tag <tag>\`, or name a tag that ${repository} has`,
    cause,
  });
}
