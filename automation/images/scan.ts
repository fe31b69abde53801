import type { ImageDetail, ImageScanFindings, ImageScanStatus } from "@aws-sdk/client-ecr";
import type { Aws } from "../aws/clients.ts";

/** What the registry's scan says of an image. */
export type Scan =
  | { readonly kind: "scanned"; readonly critical: number }
  /** Under way; or pushed a moment ago, and the registry knows of no scan or no result yet. */
  | { readonly kind: "scanning" }
  /** There should be a result and there is none. */
  | { readonly kind: "failed"; readonly why: string; readonly fix: string }
  /** There will be none: worth a word, no reason to stop. */
  | { readonly kind: "none"; readonly why: string };

type Findings = Pick<ImageScanFindings, "findingSeverityCounts" | "imageScanCompletedAt">;

/**
 * Enhanced scanning has a status before it has findings, and none at all right after a push (aws/aws-sdk issue 289 speaks
 * of some seconds): an image younger than this, in milliseconds, is not believed to be without findings.
 */
const settleMs = 60_000;

/**
 * Reads an image's scan. DescribeImages tells a basic scan; of an enhanced one it may say nothing (aws/containers-roadmap
 * issue 1662), which DescribeImageScanFindings does.
 */
export async function readScan(aws: Aws, repositoryName: string, detail: ImageDetail, now: number): Promise<Scan> {
  const { imagePushedAt, imageScanStatus, imageScanFindingsSummary } = detail;
  const young = imagePushedAt !== undefined && now - imagePushedAt.getTime() < settleMs;
  const told = imageScanFindingsSummary !== undefined || !tellsNothing(imageScanStatus);
  if (told) return judgeScan(imageScanStatus, imageScanFindingsSummary, young);
  const { DescribeImageScanFindingsCommand } = await import("@aws-sdk/client-ecr");
  const ecr = await aws.client("ecr");
  const { imageDigest } = detail;
  try {
    // Counts by severity come with every page.
    const asked = new DescribeImageScanFindingsCommand({ repositoryName, imageId: { imageDigest }, maxResults: 1 });
    const answer = await ecr.send(asked);
    return judgeScan(answer.imageScanStatus ?? imageScanStatus, answer.imageScanFindings, young);
  } catch (error) {
    const { name, message } = error as Error;
    if (name === "ScanNotFoundException") return judgeScan(imageScanStatus, undefined, young);
    if (!/AccessDenied/.test(name)) throw error;
    const fix = "allow ecr:DescribeImageScanFindings to the role that deploys";
    return { kind: "failed", why: `its scan cannot be read (${name}: ${message})`, fix };
  }
}

/** Statuses that say a scan is, or should be, done: what it found is another matter. */
function tellsNothing(status: ImageScanStatus | undefined): boolean {
  return status?.status === undefined || status.status === "ACTIVE" || status.status === "COMPLETE";
}

/**
 * Statuses as in the Amazon ECR API reference, ImageScanStatus. Findings count whatever the status, once the scan is over.
 *
 * @param young True when the image was pushed so lately that an empty answer may only be early.
 */
export function judgeScan(status: ImageScanStatus | undefined, findings: Findings | undefined, young: boolean): Scan {
  const counts = findings?.findingSeverityCounts ?? {};
  const description = status?.description ? ` (${status.description})` : "";
  const again = "start it again in ECR or push the image under a new tag, then run the command again";
  switch (status?.status) {
    case "IN_PROGRESS":
    case "PENDING":
      return { kind: "scanning" };
    case "IMAGE_ARCHIVED":
      return {
        kind: "failed",
        why: "it is archived: no task can pull it",
        fix: "restore it in ECR, or push a new tag",
      };
  }
  if (Object.keys(counts).length > 0) return { kind: "scanned", critical: counts["CRITICAL"] ?? 0 };
  switch (status?.status) {
    case "COMPLETE":
    // A continuous scan is never over: what it has found so far counts.
    case "ACTIVE":
      return young && findings?.imageScanCompletedAt === undefined
        ? { kind: "scanning" }
        : { kind: "scanned", critical: 0 };
    case "UNSUPPORTED_IMAGE":
      return { kind: "none", why: `the registry cannot scan it${description}` };
    case "SCAN_ELIGIBILITY_EXPIRED":
      return { kind: "none", why: `it is too old to be scanned any more${description}` };
    case undefined:
      return young ? { kind: "scanning" } : { kind: "none", why: "the registry has no scan of it" };
    default:
      // A basic scan of a system it does not know ends as failed (Amazon ECR user guide, "Troubleshooting image scanning").
      return /UnsupportedImage/.test(description)
        ? { kind: "none", why: `the registry cannot scan it${description}` }
        : { kind: "failed", why: `its scan is ${status?.status}${description}`, fix: again };
  }
}
