/** Which preview environments there are, by what nobody can have forgotten to write: states and tags. */
import type { Aws } from "../aws/clients.ts";
import { placeIn, refuseOtherAccount } from "../aws/place.ts";
import { regionOf } from "../aws/region.ts";
import { openPlace, openTable } from "../deploy/conduct/session.ts";
import { standingStacks } from "../stacks/open.ts";
import { switchyardValues } from "../stacks/settings.ts";
import type { Surroundings } from "../surroundings.ts";
import { leftOvers } from "../teardown/left-over.ts";
import { taggedOfStacks } from "../teardown/tagged.ts";
import type { Found } from "./decide.ts";
import { pullOf } from "./name.ts";
import { readPreview } from "./record.ts";
import type { PreviewSettings } from "./settings.ts";

/** The stack in whose region and by whose file the engine is asked which states there are. */
const anyStack = "pipeline";

/** The account and region that preview environments are in. */
export async function openPreviews(where: Surroundings, { config }: PreviewSettings): Promise<Aws> {
  const place = placeIn(switchyardValues(config));
  const region = config["aws:region"];
  const aws = await openPlace(
    where,
    typeof region === "string" ? region : await regionOf(where, anyStack),
    place,
    "previews",
  );
  try {
    await refuseOtherAccount(aws, place, "previews");
    return aws;
  } catch (error) {
    aws.close();
    throw error;
  }
}

/** The names of those that have a state. */
export async function previewStacks(where: Surroundings): Promise<readonly string[]> {
  return (await standingStacks(where, anyStack)).filter((name) => pullOf(name) !== undefined);
}

/** All of them, in the order of their pull requests. One call for each that has a state, and those that listing tags takes. */
export async function findPreviews(where: Surroundings, aws: Aws): Promise<readonly Found[]> {
  const isPreview = (stack: string) => pullOf(stack) !== undefined;
  // Tags first: what is being made has a state by the time that states are listed.
  const tagged = leftOvers(await taggedOfStacks(aws, isPreview)).filter(({ kind }) => kind === "stray");
  const states = new Set(await previewStacks(where));
  const names = new Set([...states, ...tagged.map(({ stack }) => stack)]);
  const ordered = [...names].sort((one, other) => Number(pullOf(one)) - Number(pullOf(other)));
  return Promise.all(
    ordered.map(async (stack) => ({
      stack,
      hasState: states.has(stack),
      record: await readPreview(openTable(aws, stack)).catch(() => "unreadable" as const),
      tagged: tagged.filter((one) => one.stack === stack).map(({ arn }) => arn),
    })),
  );
}
