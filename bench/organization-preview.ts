/** `node bench/organization-preview.ts <accounts>`: previews an organization in the running sandbox, and prints what it took. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
import { loadEngine, loadProviders } from "@switchyard/sandbox";
import { organizationConfig } from "../programs/config.ts";
import { organization } from "../programs/organization.ts";
import { organizationValues } from "../test/programs/fixtures.ts";
import type { Preview } from "./organization.ts";

const accounts = Number(process.argv[2]);
const units = 40;

function values() {
  const given = organizationValues();
  const own = given["accounts"] as Record<string, object>;
  const others = Array.from({ length: accounts - Object.keys(own).length }, (_, i) => [
    `a${i}`,
    {
      email: `aws+a${i}@example.com`,
      unit: `u${i % units}`,
      budget: { monthlyUsd: 100, emails: ["money@example.com"] },
    },
  ]);
  const more = Array.from({ length: units }, (_, i) => [`u${i}`, { parent: "workloads" }]);
  return {
    ...given,
    accountQuota: accounts + 2,
    accounts: { ...own, ...Object.fromEntries(others) },
    units: { ...(given["units"] as object), ...Object.fromEntries(more) },
  };
}

const [{ embeddedPulumi }, { serveProvider }] = await Promise.all([loadEngine(), loadProviders()]);
const dir = await mkdtemp(join(tmpdir(), "switchyard-organization-"));
try {
  await mkdir(join(dir, "state"));
  const backend = { url: `file://${join(dir, "state")}` };
  const program = () => organization(organizationConfig("organization", values()));
  const stack = await LocalWorkspace.createStack(
    { stackName: "organization", projectName: "bench", program },
    {
      workDir: dir,
      pulumiCommand: embeddedPulumi({
        allowedBackend: backend.url,
        providers: { aws: (engine) => serveProvider("aws", engine) },
      }),
      envVars: { PULUMI_CONFIG_PASSPHRASE: "bench" },
      projectSettings: { name: "bench", runtime: "nodejs", backend },
    },
  );
  const started = performance.now();
  const { changeSummary } = await stack.preview();
  const taken: Preview = {
    accounts,
    resources: changeSummary.create ?? 0,
    seconds: (performance.now() - started) / 1000,
    megabytes: process.resourceUsage().maxRSS / 1024,
  };
  process.stdout.write(JSON.stringify(taken));
} finally {
  await rm(dir, { recursive: true, force: true });
}
