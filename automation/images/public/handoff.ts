import * as z from "zod";

/** One public image as it was last pushed. */
const entry = z.strictObject({
  /** `public.ecr.aws/<alias>/<repository>`. */
  image: z.string(),
  tag: z.string(),
  digest: z.string(),
  platforms: z.array(z.string()),
});

/** The record `images/digests.json`: image → what was last pushed of it. */
export const digestsShape = z.record(z.string(), entry);
export type PublicDigests = Readonly<z.output<typeof digestsShape>>;

/** What `MODULE.bazel` needs to build on the images: rules_oci's `oci.pull`, by digest. */
export function bazelBlock(digests: PublicDigests): string {
  const quoted = (text: string) => JSON.stringify(text);
  const pulls = Object.entries(digests)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { image, digest, platforms }]) =>
      [
        "oci.pull(",
        `    name = ${quoted(name.replaceAll("-", "_"))},`,
        `    digest = ${quoted(digest)},`,
        `    image = ${quoted(image)},`,
        "    platforms = [",
        ...[...platforms].sort().map((platform) => `        ${quoted(platform)},`),
        "    ],",
        ")",
      ].join("\n"),
    );
  const names = Object.keys(digests).sort();
  const repos = names.flatMap((name) => {
    const own = name.replaceAll("-", "_");
    const platforms = [...(digests[name]?.platforms ?? [])].sort();
    return [own, ...platforms.map((platform) => `${own}_${platform.replaceAll("/", "_")}`)];
  });
  const use = `use_repo(\n    oci,\n${repos.map((repo) => `    ${quoted(repo)},\n`).join("")})`;
  return ['oci = use_extension("@rules_oci//oci:extensions.bzl", "oci")', ...pulls, use].join("\n");
}

/** How the record differs from what the registry has under its digests and tags; none when it does not. */
export function recordDifferences(
  recorded: PublicDigests,
  there: Readonly<Record<string, { readonly digest: string } | undefined>>,
): readonly string[] {
  return Object.entries(recorded).flatMap(([name, { tag, digest }]) => {
    const found = there[name];
    if (found === undefined) return [`${name}: the registry has no tag ${tag}`];
    return found.digest === digest ? [] : [`${name}: ${tag} is ${found.digest} there, and ${digest} in the record`];
  });
}
