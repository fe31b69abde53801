/** What of the checkout each stack and each image is made from. A test compares it with what the programs really import. */
import type { ProgramName } from "../../programs/config.ts";

export interface Touched {
  readonly programs: readonly ProgramName[];
  /** "all", or folders of `images/`. */
  readonly images: "all" | readonly string[];
}

const everyProgram: readonly ProgramName[] = [
  "environment",
  "images",
  "organization",
  "pipeline",
  "registry",
  "runner",
];

export const everything: Touched = { programs: everyProgram, images: "all" };

const nothing: Touched = { programs: [], images: [] };
const of = (...programs: readonly ProgramName[]): Touched => ({ programs, images: [] });
const components = "programs/components/";
const notifier: Touched = { programs: ["images"], images: ["notifier"] };

/**
 * A file, a folder where it ends in a slash, or the beginning of names where in a dot; the longest that fits a path counts. What
 * none fits touches everything.
 */
export const sources: Readonly<Record<string, Touched>> = {
  "programs/": of(...everyProgram),
  "programs/index.ts": of(...everyProgram),
  "programs/environment.ts": of("environment"),
  "programs/error-catalogue.ts": { programs: everyProgram, images: ["notifier"] },
  "programs/errors.ts": { programs: everyProgram, images: ["notifier"] },
  "programs/names.ts": { programs: everyProgram, images: ["notifier"] },
  "programs/leaving.ts": of("environment"),
  "programs/release-document.ts": of("environment"),
  "programs/organization.ts": of("organization"),
  "programs/organization-outputs.ts": of("organization"),
  "programs/pipeline.ts": of("pipeline"),
  "programs/pipeline-outputs.ts": of("environment", "images", "pipeline", "runner"),
  "programs/registry.ts": of("registry"),
  "programs/images.ts": of("images"),
  "programs/runner.ts": of("runner"),
  "programs/runner-of.ts": nothing,
  "programs/policy.ts": of("environment", "organization", "pipeline", "registry", "runner"),
  "programs/profile.ts": of("environment", "organization", "pipeline", "registry", "runner"),
  [`${components}data/`]: of("environment"),
  [`${components}data/database.ts`]: of("environment", "runner"),
  [`${components}migrations/`]: of("environment"),
  [`${components}monitoring/`]: of("environment"),
  [`${components}network/`]: of("environment", "runner"),
  [`${components}network/zones.ts`]: of(...everyProgram),
  [`${components}network/shared.ts`]: of("environment"),
  [`${components}service/`]: of("environment"),
  [`${components}traffic/`]: of("environment"),
  [`${components}organization/`]: of("organization"),
  // The configuration of every stack is checked by one module.
  [`${components}organization/checks.ts`]: of(...everyProgram),
  [`${components}organization/documents.ts`]: of(...everyProgram),
  [`${components}organization/expand.ts`]: of(...everyProgram),
  [`${components}organization/login-problems.ts`]: of(...everyProgram),
  [`${components}organization/problems.ts`]: of(...everyProgram),
  [`${components}organization/units.ts`]: of(...everyProgram),
  [`${components}pipeline/`]: of("pipeline"),
  [`${components}pipeline/sweep-metric.ts`]: of("pipeline", "runner"),
  [`${components}registry/`]: of("registry"),
  [`${components}runner/`]: of("runner"),
  [`${components}runner/artifacts.ts`]: { programs: ["runner"], images: ["notifier"] },
  [`${components}runner/execution-name.ts`]: nothing,
  [`${components}runner/machines/inputs.ts`]: nothing,
  [`${components}runner/machines/places.ts`]: of("pipeline", "runner"),
  [`${components}runner/machine-names.ts`]: { programs: ["pipeline", "runner"], images: ["notifier"] },
  [`${components}roles/`]: of("pipeline"),
  [`${components}roles/boundaries.ts`]: of("environment", "pipeline", "runner"),
  [`${components}roles/names.ts`]: of("environment", "pipeline", "runner"),
  [`${components}roles/workload-role.ts`]: of("environment", "runner"),
  [`${components}roles/github-provider.ts`]: of("pipeline", "registry"),
  [`${components}roles/github-role.ts`]: of("pipeline", "registry"),
  [`${components}roles/subject.ts`]: of("pipeline", "registry"),
  [`${components}storage/`]: of("environment", "organization", "pipeline", "runner"),
  // Every update is judged by the pack.
  "policies/": of(...everyProgram),
  "iam/": of(...everyProgram),
  // By them the pack holds a stack to what its month may cost.
  "prices.": of("environment", "runner"),
  "Pulumi.yaml": of(...everyProgram),
  "previews.yaml": nothing,
  "package.json": everything,
  "package-lock.json": everything,
  ".npmrc": everything,
  "images/": { programs: ["images"], images: "all" },
  "migrations/": { programs: ["images"], images: ["migrate"] },
  "automation/": nothing,
  // The notifier says on GitHub and Slack what the driver does, by the same code.
  "automation/surroundings.ts": notifier,
  "automation/delivery/comment/chain.ts": notifier,
  "automation/github/": notifier,
  "automation/slack/": notifier,
  "bench/": nothing,
  "docs/": nothing,
  "sandbox/": nothing,
  "test/": nothing,
  ".ci/": nothing,
  ".devcontainer/": nothing,
  ".github/": nothing,
  ".dependency-cruiser.cjs": nothing,
  ".gitignore": nothing,
  ".mocharc.faults.json": nothing,
  ".mocharc.json": nothing,
  "biome.json": nothing,
  "CHANGELOG.md": nothing,
  "compose.yaml": nothing,
  "CONTRIBUTING.md": nothing,
  "README.md": nothing,
  "tsconfig.json": nothing,
};
