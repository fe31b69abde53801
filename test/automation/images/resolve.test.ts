import assert from "node:assert/strict";
import { DescribeImageScanFindingsCommand, type ImageDetail } from "@aws-sdk/client-ecr";
import type { Aws } from "../../../automation/aws/clients.ts";
import { resolveImages } from "../../../automation/images/resolve.ts";
import type { EnvironmentConfig } from "../../../programs/config.ts";
import { SwitchyardError } from "../../../programs/errors.ts";

const host = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
const urls = { web: `${host}/switchyard/web`, api: `${host}/switchyard/api`, migrate: `${host}/switchyard/migrate` };
const config = {
  services: { web: {}, api: {}, worker: { repository: "api" } },
  migrations: { repository: "migrate" },
} as unknown as EnvironmentConfig;

interface Asked {
  readonly repositoryName: string;
  readonly imageIds: readonly { readonly imageTag: string }[];
}

/** A registry that answers by repository; it remembers what it was asked. */
function registry(answer: (repository: string) => ImageDetail | Error): { aws: Aws; asked: Asked[] } {
  const asked: Asked[] = [];
  const send = async (command: { input: Asked }) => {
    if (command instanceof DescribeImageScanFindingsCommand) throw named("ScanNotFoundException");
    const { input } = command;
    asked.push(input);
    const detail = answer(input.repositoryName);
    if (detail instanceof Error) throw detail;
    return { imageDetails: [detail] };
  };
  return { asked, aws: { client: async () => ({ send }) } as unknown as Aws };
}

const scan = { kind: "none", why: "the registry has no scan of it" };
const named = (name: string) => Object.assign(new Error(name), { name });
const digestOf = (repository: string) => `sha256:${repository}`;
const isNotFound = (text: RegExp) => (e: unknown) =>
  e instanceof SwitchyardError && e.code === "not-found" && text.test(e.message);

describe("the images of a tag", () => {
  it("are known by digest; services that share a repository are asked for once", async () => {
    const { aws, asked } = registry((r) => ({ imageDigest: digestOf(r) }));
    const { services, migrate } = await resolveImages(aws, config, urls, "v7");
    const api = { digest: `${urls.api}@sha256:switchyard/api`, version: "v7", scan };
    assert.deepEqual(services, {
      web: { digest: `${urls.web}@sha256:switchyard/web`, version: "v7", scan },
      api,
      worker: api,
    });
    assert.deepEqual(migrate, { digest: `${urls.migrate}@sha256:switchyard/migrate`, version: "v7", scan });
    assert.deepEqual(asked.map((a) => a.repositoryName).sort(), [
      "switchyard/api",
      "switchyard/migrate",
      "switchyard/web",
    ]);
    for (const { imageIds } of asked) assert.deepEqual(imageIds, [{ imageTag: "v7" }]);
  });

  it("tell the critical findings of a finished scan, and none of an unfinished one", async () => {
    const scans: Record<string, Partial<ImageDetail>> = {
      "switchyard/web": {
        imageScanStatus: { status: "COMPLETE" },
        imageScanFindingsSummary: { findingSeverityCounts: { CRITICAL: 2, HIGH: 5 } },
      },
      "switchyard/api": { imageScanStatus: { status: "COMPLETE" }, imageScanFindingsSummary: {} },
      "switchyard/migrate": { imageScanStatus: { status: "IN_PROGRESS" } },
    };
    const { aws } = registry((r) => ({ imageDigest: digestOf(r), ...scans[r] }));
    const { services, migrate } = await resolveImages(aws, config, urls, "v7");
    assert.deepEqual(services["web"]?.scan, { kind: "scanned", critical: 2 });
    assert.deepEqual(services["api"]?.scan, { kind: "scanned", critical: 0 });
    assert.deepEqual(migrate.scan, { kind: "scanning" });
  });

  it("are waited for while they are scanned, and said to be scanning when that takes too long", async () => {
    const waitFor = async (scansLeft: number) => {
      let now = 0;
      let asked = 0;
      const told: string[] = [];
      const { aws } = registry((r) => {
        if (r !== "switchyard/web") return { imageDigest: digestOf(r) };
        const status = asked++ < scansLeft ? (asked % 2 ? "PENDING" : "IN_PROGRESS") : "COMPLETE";
        return { imageDigest: digestOf(r), imageScanStatus: { status }, imageScanFindingsSummary: {} };
      });
      const clock = {
        now: () => now,
        sleep: async (ms: number) => {
          now += ms;
        },
      };
      const { signal } = new AbortController();
      const wait = { clock, deadlineMs: 10_000, signal, waiting: (what: string) => void told.push(what) };
      const { services } = await resolveImages(aws, config, urls, "v7", wait);
      return { web: services["web"], told };
    };
    const soon = await waitFor(3);
    assert.deepEqual(soon.web?.scan, { kind: "scanned", critical: 0 });
    assert.deepEqual(soon.told, ["the scan of web:v7 is not finished"]);
    const late = await waitFor(100);
    assert.deepEqual(late.web?.scan, { kind: "scanning" });
    assert.deepEqual((await waitFor(0)).told, []);
  });

  it("that are not there are named, with how to push them", async () => {
    const { aws } = registry((r) =>
      r === "switchyard/api" ? named("ImageNotFoundException") : { imageDigest: digestOf(r) },
    );
    await assert.rejects(
      resolveImages(aws, config, urls, "v9"),
      isNotFound(/--tag: there is no image api:v9\. Push it with `switchyard images push/),
    );
    const none = registry(() => named("ImageNotFoundException"));
    await assert.rejects(
      resolveImages(none.aws, config, urls, "v9"),
      isNotFound(/no image web:v9; there is no image api:v9; there is no image migrate:v9/),
    );
    const nothing = registry(() => ({}));
    await assert.rejects(resolveImages(nothing.aws, config, urls, "v9"), isNotFound(/there is no image/));
  });

  it("of a repository the pipeline has not: the key that names it", async () => {
    const { aws } = registry((r) => ({ imageDigest: digestOf(r) }));
    const { web: _web, ...fewer } = urls;
    await assert.rejects(
      resolveImages(aws, config, fewer, "v7"),
      isNotFound(/switchyard:services: the pipeline has no repository web/),
    );
  });

  it("are not taken for missing when AWS fails otherwise", async () => {
    const { aws } = registry(() => named("AccessDeniedException"));
    await assert.rejects(resolveImages(aws, config, urls, "v7"), { name: "AccessDeniedException" });
  });
});
