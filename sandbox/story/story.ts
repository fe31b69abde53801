import { DescribeAvailabilityZonesCommand, EC2Client } from "@aws-sdk/client-ec2";
import type { LoadResult } from "./load/recorder.ts";
import { differences, type Observation, observe, releasesAnswering, versionsServing } from "./observation.ts";
import { type Stage, unexpected } from "./stage.ts";

/** What must have been sent by the end for the result to mean something. */
const leastRequests = 5_000;

/** Plays a release from nothing to a rollback under load. Fails at the first step that does not do what it should. */
export async function playStory(stage: Stage): Promise<{ url: string; load: LoadResult }> {
  await stage.begin();
  const woken = wakeEc2();
  await stage.run(["up", "pipeline"]);
  await stage.run(["images", "push", "--tag", "v1"]);
  await woken;

  await stage.release(["deploy", "sandbox", "--tag", "v1"], { version: "v1", outcome: "succeeded" });
  const { url } = await observe();
  await mustServe(url, "v1");
  await mustKeepRows(url);
  stage.startLoad(url);

  const pushedV2 = await stage.pushBeside("v2");
  await mustOnlyStage(stage);
  await pushedV2();
  await mustServe(url, "v1");
  await mustServeNotes(url, "api");

  const pushedV3 = await stage.pushBeside("v3");
  const canary = ["--strategy", "canary", "--canary", "10%", "--bake", "1m"];
  await stage.release(["deploy", "sandbox", "--tag", "v2", ...canary], { version: "v2", outcome: "succeeded" });
  await pushedV3();
  await mustServe(url, "v2");
  await mustServeNotes(url, "notes");
  await stage.release(["rollback", "sandbox"], { version: "v1", outcome: "succeeded" });
  await mustServe(url, "v1");
  await mustServeNotes(url, "notes");
  // A rollback goes to what served before, and so does the next: both colours still run.
  await stage.release(["rollback", "sandbox"], { version: "v2", outcome: "succeeded" });
  await mustServe(url, "v2");

  await mustRefuse(stage, "v3");
  await mustServe(url, "v2");
  await mustServeNotes(url, "notes");

  return { url, load: await stage.stopLoad(leastRequests, 60_000) };
}

/** moto loads EC2, its largest part, when it is first called, and whoever calls waits: here nobody does. */
async function wakeEc2(): Promise<void> {
  const client = new EC2Client({});
  await client.send(new DescribeAvailabilityZonesCommand({})).catch(() => undefined);
  client.destroy();
}

async function mustServe(url: string, version: string): Promise<void> {
  const versions = await versionsServing(url, ["/", "/api/healthz"]);
  if (versions.join() !== version)
    throw unexpected(url, `${versions.join(" and ")} answered where only ${version} should`);
}

/** A row written through the load balancer is read back by the page, which reads it from the api. */
async function mustKeepRows(url: string): Promise<void> {
  const text = `written at ${new Date().toISOString()}`;
  const written = await fetch(new URL("/", url), { method: "POST", body: new URLSearchParams({ text }) });
  const page = await written.text();
  if (!page.includes(text)) throw unexpected(url, `the page (${written.status}) does not show the note just added`);
}

/** A version whose tasks do not become healthy: refused with the tasks' own words, and no weight moved. */
async function mustRefuse(stage: Stage, version: string): Promise<void> {
  const before = await observe();
  const refused = await stage.release(["deploy", "sandbox", "--tag", version], { version, outcome: "failed" });
  const after = await observe();
  mustBeSame("a refused release", "weights", before, after);
  if (!refused.output.includes("author_name")) {
    throw unexpected(`switchyard deploy sandbox --tag ${version}`, "its output does not show why the tasks failed");
  }
}

/** A service of the api's own image, on a path of the api's that most of the load asks for. */
const notes = {
  ...{ path: "/api/notes", priority: 50, repository: "api", database: true },
  ...{ cpu: 256, memory: 512, desiredCount: 2 },
  healthCheck: { path: "/api/notes", intervalSeconds: 5, timeoutSeconds: 2 },
};

/** A changed variable and a new service are staged by `up`, and touch nothing that runs or serves. */
async function mustOnlyStage(stage: Stage): Promise<void> {
  const before = await observe();
  const changes = ["services.web.environment.PAGE_TITLE=Our notes", `services.notes=${JSON.stringify(notes)}`];
  await stage.run(["up", "sandbox", ...changes.flatMap((change) => ["--config", change])]);
  const after = await observe();
  for (const part of ["weights", "previewWeights", "services"] as const) mustKeep("an up", part, before, after);
}

/** The new service has none of its path before it is proven, and then all, which a rollback of the others leaves to it. */
async function mustServeNotes(url: string, service: "api" | "notes"): Promise<void> {
  const answered = await releasesAnswering(url, notes.path);
  const byApi = answered.join() === (await releasesAnswering(url, "/api/healthz")).join();
  if (answered.length !== 1 || byApi !== (service === "api"))
    throw unexpected(url, `${notes.path} is answered by ${answered.join(" and ")}, and not by ${service} alone`);
}

/** What is there stays as it is; what is new beside it is the caller's own. */
function mustKeep(what: string, part: ObservedPart, before: Observation, after: Observation): void {
  const kept = Object.keys(before[part]).map((name) => [name, after[part][name]] as const);
  mustBeSame(what, part, before, { ...after, [part]: Object.fromEntries(kept) });
}

type ObservedPart = "weights" | "previewWeights" | "services";

function mustBeSame(what: string, part: ObservedPart, before: Observation, after: Observation): void {
  const changed = differences<unknown>(before[part], after[part]);
  if (changed.length > 0) throw unexpected(`${what} changed ${part}`, changed.join("; "));
}
