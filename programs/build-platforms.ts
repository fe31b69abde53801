/** What images may be built for, and how AWS CodeBuild calls the machines that are of that architecture. */
export const buildPlatforms = ["linux/amd64", "linux/arm64"] as const;
export type BuildPlatform = (typeof buildPlatforms)[number];

/** `switchyard-images-arm64`: fixed, so that whoever starts builds need ask no stack. */
export function buildProjectName(platform: BuildPlatform): string {
  return `switchyard-images-${architectureOf(platform)}`;
}

export function architectureOf(platform: BuildPlatform): "amd64" | "arm64" {
  return platform === "linux/arm64" ? "arm64" : "amd64";
}

/** Below it lie the archives of commits that builds take, in the runner's bucket. */
export const buildsPrefix = "builds/";
