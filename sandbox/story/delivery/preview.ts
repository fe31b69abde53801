/** Preview environments, as a workflow makes them and as people ask for them. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EC2 } from "@aws-sdk/client-ec2";
import { ECS } from "@aws-sdk/client-ecs";
import { KMS } from "@aws-sdk/client-kms";
import { paginateGetResources, ResourceGroupsTaggingAPIClient } from "@aws-sdk/client-resource-groups-tagging-api";
import { type Stage, unexpected } from "../stage.ts";
import type { GithubProject, Person } from "./project.ts";

/** A command that makes one, or brings it to another version. @returns where it answers */
export async function mustMake(stage: Stage, ...args: readonly string[]): Promise<string> {
  const { output } = await stage.run(args);
  const [, url] = /^pr-\d+ answers at (\S+) until /m.exec(output) ?? [];
  if (url === undefined) throw unexpected(`switchyard ${args.join(" ")}`, "it gives no address");
  const { status } = await fetch(`${url}/api/notes`, { signal: AbortSignal.timeout(10_000) });
  if (status !== 200) throw unexpected(url, `/api/notes is answered with ${status}`);
  return url;
}

/** ISO 8601, UTC. */
export async function untilOf(stage: Stage, pull: number): Promise<string> {
  const { output } = await stage.run(["preview", "list"]);
  const [, until] = new RegExp(`^pr-${pull} .* (\\d{4}-\\S+Z) `, "m").exec(output) ?? [];
  if (until === undefined) throw unexpected("switchyard preview list", `it does not say until when pr-${pull} stays`);
  return until;
}

/** Somebody comments, and the workflow of comments runs. @returns how many answers it has */
export async function comment(
  stage: Stage,
  project: GithubProject,
  { pull, by, body }: { readonly pull: number; readonly by: Person; readonly body: string },
): Promise<number> {
  stage.say(`\n${by} comments: ${body}`);
  const { json } = await project.ask(by, "POST", `/issues/${pull}/comments`, { body });
  const id = Number(json["id"]);
  const event = {
    action: "created",
    issue: { number: pull, pull_request: {} },
    comment: { id, body, user: { login: by } },
  };
  const file = join(stage.directory, "event.json");
  await writeFile(file, JSON.stringify(event));
  await stage.run(["ci", "comment"], [], { GITHUB_EVENT_PATH: file, GITHUB_ACTOR: by });
  return (await project.comments(pull)).filter((one) => one.body.includes(`answer-${id}`)).length;
}

/** What still has the tags of these, asked of the account and not of who destroyed it. */
export async function mustBeGone(stage: Stage, ...pulls: readonly number[]): Promise<void> {
  const client = new ResourceGroupsTaggingAPIClient({});
  const filter = { Key: "stack", Values: pulls.map((pull) => `pr-${pull}`) };
  const left: string[] = [];
  for await (const page of paginateGetResources({ client }, { TagFilters: [filter] }))
    for (const { ResourceARN: arn = "" } of page.ResourceTagMappingList ?? [])
      if (!(await hasEnded(arn))) left.push(arn);
  if (left.length > 0)
    throw unexpected(`what is tagged as ${filter.Values.join(" or ")}`, `left are ${left.join(", ")}`);
  stage.say(`  nothing is tagged as ${filter.Values.join(" or ")}`);
}

/** AWS answers for these a while after their end. */
async function hasEnded(arn: string): Promise<boolean> {
  const id = arn.split("/").at(-1) ?? "";
  if (arn.includes(":kms:"))
    return (await new KMS({}).describeKey({ KeyId: id })).KeyMetadata?.KeyState === "PendingDeletion";
  if (arn.includes(":natgateway/"))
    return (await new EC2({}).describeNatGateways({ NatGatewayIds: [id] })).NatGateways?.[0]?.State === "deleted";
  if (arn.includes(":cluster/"))
    return (await new ECS({}).describeClusters({ clusters: [id] })).clusters?.[0]?.status === "INACTIVE";
  return false;
}
