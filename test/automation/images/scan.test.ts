import assert from "node:assert/strict";
import type { ImageDetail, ImageScanFindings, ScanStatus } from "@aws-sdk/client-ecr";
import { ScanStatus as scanStatuses } from "@aws-sdk/client-ecr";
import type { Aws } from "../../../automation/aws/clients.ts";
import { judgeScan, readScan, type Scan } from "../../../automation/images/scan.ts";

const bad = { findingSeverityCounts: { CRITICAL: 2, HIGH: 1 } };
const mild = { findingSeverityCounts: { HIGH: 1 } };
const clean = { findingSeverityCounts: {}, imageScanCompletedAt: new Date(0) };
const nothing = { findings: [] };
const scanned = (critical: number): Scan => ({ kind: "scanned", critical });

describe("a scan", () => {
  const table: [ScanStatus | undefined, ImageScanFindings | undefined, "young" | "old", Scan | Scan["kind"]][] = [
    ["COMPLETE", bad, "young", scanned(2)],
    ["COMPLETE", mild, "old", scanned(0)],
    ["COMPLETE", clean, "young", scanned(0)],
    ["COMPLETE", nothing, "young", "scanning"],
    ["COMPLETE", nothing, "old", scanned(0)],
    ["ACTIVE", bad, "young", scanned(2)],
    ["ACTIVE", mild, "old", scanned(0)],
    ["ACTIVE", nothing, "young", "scanning"],
    ["ACTIVE", nothing, "old", scanned(0)],
    ["IN_PROGRESS", undefined, "old", "scanning"],
    ["PENDING", bad, "old", "scanning"],
    ["FAILED", undefined, "old", "failed"],
    ["FAILED", bad, "old", scanned(2)],
    ["FINDINGS_UNAVAILABLE", undefined, "old", "failed"],
    ["LIMIT_EXCEEDED", undefined, "old", "failed"],
    ["IMAGE_ARCHIVED", clean, "old", "failed"],
    ["UNSUPPORTED_IMAGE", undefined, "young", "none"],
    ["SCAN_ELIGIBILITY_EXPIRED", undefined, "old", "none"],
    ["SCAN_ELIGIBILITY_EXPIRED", bad, "old", scanned(2)],
    [undefined, undefined, "young", "scanning"],
    [undefined, undefined, "old", "none"],
    [undefined, bad, "old", scanned(2)],
  ];
  for (const [status, findings, age, expected] of table) {
    const found = findings === undefined ? "no answer" : JSON.stringify(findings.findingSeverityCounts ?? "no counts");
    const kind = typeof expected === "string" ? expected : JSON.stringify(expected);
    it(`of status ${status}, ${found}, of a ${age} image: ${kind}`, () => {
      const scan = judgeScan(status && { status }, findings, age === "young");
      if (typeof expected === "string") assert.equal(scan.kind, expected);
      else assert.deepEqual(scan, expected);
    });
  }

  it("is judged whatever status the SDK knows", () => {
    const judged = new Set(table.map(([status]) => status));
    for (const status of Object.values(scanStatuses)) assert.ok(judged.has(status), status);
  });

  it("that failed says why and what to do; one that failed because nothing can scan the image is none", () => {
    const failed = judgeScan({ status: "FAILED", description: "InternalError" }, undefined, false);
    assert.ok(failed.kind === "failed" && /FAILED \(InternalError\)/.test(failed.why) && /again/.test(failed.fix));
    const description = "UnsupportedImageError: The operating system 'alpine' version '' is not supported.";
    const none = judgeScan({ status: "FAILED", description }, undefined, false);
    assert.ok(none.kind === "none" && none.why.includes(description));
  });

  describe("read from the registry", () => {
    const aws = (answer: object | Error, asked: object[] = []) =>
      ({
        client: async () => ({
          send: async ({ input }: { input: object }) => {
            asked.push(input);
            if (answer instanceof Error) throw answer;
            return answer;
          },
        }),
      }) as unknown as Aws;
    const failing = (name: string) => aws(Object.assign(new Error("no"), { name }));
    const detail = (more: Partial<ImageDetail> = {}): ImageDetail => ({
      imageDigest: "sha256:a",
      imagePushedAt: new Date(0),
      ...more,
    });
    const later = 3_600_000;

    it("is not asked for again when the image's description tells it", async () => {
      const asked: object[] = [];
      const told = detail({ imageScanStatus: { status: "COMPLETE" }, imageScanFindingsSummary: bad });
      assert.deepEqual(await readScan(aws({}, asked), "switchyard/web", told, later), scanned(2));
      const pending = detail({ imageScanStatus: { status: "PENDING" } });
      assert.equal((await readScan(aws({}, asked), "switchyard/web", pending, later)).kind, "scanning");
      assert.deepEqual(asked, []);
    });

    it("is asked for where that says nothing of an enhanced scan", async () => {
      const asked: object[] = [];
      const enhanced = { imageScanStatus: { status: "ACTIVE" }, imageScanFindings: bad };
      for (const told of [detail(), detail({ imageScanStatus: { status: "ACTIVE" } })])
        assert.deepEqual(await readScan(aws(enhanced, asked), "switchyard/web", told, later), scanned(2));
      const input = { repositoryName: "switchyard/web", imageId: { imageDigest: "sha256:a" }, maxResults: 1 };
      assert.deepEqual(asked, [input, input]);
    });

    it("is none where there is none, but may yet come for a minute after the push", async () => {
      const missing = failing("ScanNotFoundException");
      assert.equal((await readScan(missing, "switchyard/web", detail(), later)).kind, "none");
      assert.equal((await readScan(missing, "switchyard/web", detail(), 59_000)).kind, "scanning");
    });

    it("that may not be read is a problem which names the permission; other failures are passed on", async () => {
      const refused = await readScan(failing("AccessDeniedException"), "switchyard/web", detail(), later);
      assert.ok(refused.kind === "failed" && /ecr:DescribeImageScanFindings/.test(refused.fix));
      const broken = readScan(failing("ServerException"), "switchyard/web", detail(), later);
      await assert.rejects(broken, { name: "ServerException" });
    });
  });
});
