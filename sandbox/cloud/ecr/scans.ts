/** Image scans: complete and without findings, unless `POST /_switchyard/ecr/findings` says otherwise for a digest. */
import {
  DescribeImageScanFindingsCommand,
  type ImageScanFindingsSummary,
  StartImageScanCommand,
} from "@aws-sdk/client-ecr";
import { z } from "zod";
import { awsError, type CloudContext } from "../handlers.ts";
import { imageOf, type OpenRepository, type OpenRepositoryOf } from "./repository.ts";
import type { StoredImage } from "./store.ts";

const severities = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNDEFINED"] as const;
const bodySchema = z.strictObject({
  imageDigest: z.string(),
  findings: z.array(
    z.strictObject({ name: z.string(), severity: z.enum(severities), description: z.string().optional() }),
  ),
});
type Finding = z.infer<typeof bodySchema>["findings"][number];

const findingsOf = new Map<string, readonly Finding[]>();
const started = new Set<string>();

/** True when the image has a scan: its repository scans on push, or a scan was asked for. */
export function isScanned(repository: OpenRepository, image: StoredImage): boolean {
  return repository.settings.imageScanningConfiguration?.scanOnPush === true || started.has(image.digest);
}

export function findingsSummary(image: StoredImage): ImageScanFindingsSummary {
  const findingSeverityCounts: Record<string, number> = {};
  for (const { severity } of findingsOf.get(image.digest) ?? []) {
    findingSeverityCounts[severity] = (findingSeverityCounts[severity] ?? 0) + 1;
  }
  const at = image.pushedAt;
  return { imageScanCompletedAt: at, vulnerabilitySourceUpdatedAt: at, findingSeverityCounts };
}

export const scanComplete = { status: "COMPLETE", description: "The scan was completed successfully." } as const;

export function installScans(cloud: CloudContext, open: OpenRepositoryOf): void {
  cloud.handle(StartImageScanCommand, async (input, call) => {
    const repository = await open(input.repositoryName, call);
    const image = imageOf(repository, input.imageId ?? {});
    started.add(image.digest);
    const { registryId, name: repositoryName } = repository;
    return {
      registryId,
      repositoryName,
      imageId: { imageDigest: image.digest },
      imageScanStatus: { status: "IN_PROGRESS" as const },
    };
  });

  cloud.handle(DescribeImageScanFindingsCommand, async (input, call) => {
    const repository = await open(input.repositoryName, call);
    const image = imageOf(repository, input.imageId ?? {});
    if (!isScanned(repository, image)) {
      throw awsError("ScanNotFoundException", `Image scan does not exist for the image with '${image.digest}'`);
    }
    const findings = [...(findingsOf.get(image.digest) ?? [])];
    return {
      registryId: repository.registryId,
      repositoryName: repository.name,
      imageId: { imageDigest: image.digest },
      imageScanStatus: scanComplete,
      imageScanFindings: { ...findingsSummary(image), findings },
    };
  });

  cloud.route("/_switchyard/ecr/findings", async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = bodySchema.safeParse(JSON.parse(Buffer.concat(chunks).toString("utf8")));
    if (!body.success) return void response.writeHead(400).end(`${body.error.message}\n`);
    findingsOf.set(body.data.imageDigest, body.data.findings);
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  cloud.onReset(() => {
    findingsOf.clear();
    started.clear();
  });
}
