/** For each resource type: how to make one, how to change it in place, and what replaces it. */
import type { Bag } from "../../../../sandbox/provider/values.ts";
import type { Fixtures } from "../fixtures.ts";

export interface Case {
  readonly inputs: (f: Fixtures) => Bag | Promise<Bag>;
  /** Inputs that change in place. */
  readonly update?: Bag | ((f: Fixtures) => Promise<Bag>);
  /** Inputs whose change replaces the resource. */
  readonly replace?: Bag;
  /** Outputs a program reads, which must have a value. */
  readonly outputs?: readonly string[];
  /** AWS keeps the thing after a deletion (adopted things, registers). */
  readonly remains?: true;
}

export const policy = (Action: string, Resource = "*", Sid = "One") =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Sid, Effect: "Allow", Action, Resource }] });
export const resourcePolicy = (Action: string, Sid = "One") =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Sid, Effect: "Allow", Principal: { AWS: "arn:aws:iam::123456789012:root" }, Action, Resource: "*" }],
  });

export const tags = { tags: { team: "platform" } };

/** Set by the suite: pushes a small image through the docker stand-in and gives its digest. */
export const images: { push?: (repository: string) => Promise<string> } = {};

export async function pushedImage(f: Fixtures): Promise<string> {
  const repository = await f.make("aws:ecr/repository:Repository", { forceDelete: true });
  if (!images.push) throw new Error("The suite has not said how to push an image");
  return images.push(String(repository.state["repositoryUrl"]));
}
