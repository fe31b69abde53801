/** What a git tag releases. Nothing here asks anybody. */
import { SwitchyardError } from "../../programs/errors.ts";
import { imageTag, tag } from "../flags.ts";

export interface Release {
  /** What its images are called. */
  readonly version: string;
  /** The only one that is deployed; all when absent. */
  readonly service?: string;
}

/** Of what GitHub Actions runs for a tag: `refs/tags/<tag>`. */
export function gitTag(given: string | undefined, ref: string | undefined): string {
  const [, name] = /^refs\/tags\/(.+)$/s.exec(ref ?? "") ?? [];
  const found = given ?? name;
  if (found !== undefined) return found;
  throw new SwitchyardError("invalid-flag", {
    what: "nothing says which tag it is",
    where: "<ref>",
    fix: "give it, such as v1.4.0 or api/v1.4.0; in a workflow on tags, GITHUB_REF has it",
  });
}

/**
 * `v1.4.0` releases everything, `api/v1.4.0` the service `api` alone. Git takes names for tags that no image registry does.
 *
 * @param services of the environment it is deployed to
 * @throws SwitchyardError `invalid-flag`
 */
export function releaseOf(name: string, services: readonly string[]): Release {
  const [first = "", second, ...more] = name.split("/");
  if (second === undefined) return { version: tag(first, "<ref>") };
  if (more.length > 0 || !services.includes(first))
    throw new SwitchyardError("invalid-flag", {
      what: `${JSON.stringify(name)} names no service and version`,
      where: "<ref>",
      fix: `tag the commit as ${imageTag(more.at(-1) ?? second)}, or as <service>/<version> with one of ${services.join(", ")}`,
    });
  tag(second, "<ref>");
  return { version: tag(`${first}-${second}`, "<ref>"), service: first };
}
