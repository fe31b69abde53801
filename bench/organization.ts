/** What the preview of a large organization costs, from nothing: accounts spread over 40 units, a tenth of them beside all. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { makeOrganization } from "../test/sandbox/provider/organization.ts";
import type { BenchResult } from "./measure.ts";
import type { BenchSandbox } from "./sandbox.ts";

const few = 100;
const many = 1000;

/** What a preview took, of a process of its own that does nothing else. */
export interface Preview {
  readonly accounts: number;
  readonly resources: number;
  readonly seconds: number;
  /** The most memory of the process at any time. */
  readonly megabytes: number;
}

export async function organization({ cloud }: BenchSandbox): Promise<BenchResult> {
  await makeOrganization({
    ...{ endpoint: cloud.endpoint, region: "us-east-1", maxAttempts: 3 },
    credentials: { accessKeyId: "bench", secretAccessKey: "bench" },
  });
  // What a process needs with hardly an account is no part of what an account costs.
  const none = await preview(4);
  const small = await preview(few);
  const large = await preview(many);
  const growth = (of: (one: Preview) => number) => ratio(large, none, of) / ratio(small, none, of);
  return {
    bench: "organization",
    rows: [
      { what: `preview of ${few} accounts`, value: small.seconds * 1000, unit: "ms" },
      { what: `preview of ${many} accounts`, value: large.seconds * 1000, unit: "ms" },
      {
        what: "a resource's time, in the large one beside the small",
        value: growth(({ seconds }) => seconds),
        unit: "×",
      },
      { what: "a resource's memory, likewise", value: growth(({ megabytes }) => megabytes), unit: "×" },
    ],
    details: { none, small, large },
  };
}

/** Of one resource beyond those of an organization that has next to none. */
function ratio(one: Preview, none: Preview, of: (one: Preview) => number): number {
  return (of(one) - of(none)) / (one.resources - none.resources);
}

async function preview(accounts: number): Promise<Preview> {
  const args = [join(import.meta.dirname, "organization-preview.ts"), String(accounts)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, "close") as Promise<[number | null]>]);
  if (code !== 0) throw new Error(`the preview of ${accounts} accounts ended with code ${code}`);
  return JSON.parse(printed) as Preview;
}
