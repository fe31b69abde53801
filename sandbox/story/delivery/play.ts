/** Delivery: from an opened pull request to what is applied of it, and back where that fails. */
import { observe, releasesAnswering, versionsServing } from "../observation.ts";
import { type Stage, unexpected } from "../stage.ts";
import { mustFindForgery, mustTellOfBoth } from "./audit.ts";
import { onGithub } from "./on-github.ts";
import { comment, mustBeGone, mustMake, untilOf } from "./preview.ts";
import { type GithubProject, type Said, setCloudFaults } from "./project.ts";

/** Plays it, and fails at the first step that does not do what it should. */
export async function playDelivery(stage: Stage): Promise<void> {
  await stage.begin();
  await onGithub(stage, (project) => playOn(stage, project));
}

async function playOn(stage: Stage, project: GithubProject): Promise<void> {
  await stage.run(["up", "pipeline"]);
  stage.say("\nAnn tags the commit v1.");
  await project.git("tag", "v1");
  await stage.run(["ci", "tag", "sandbox", "v1"]);

  stage.say("\nAnn opens a pull request: a service of its own for the path /api/notes.");
  await project.change("notes", "previews.yaml", addService);
  const first = await project.change("notes", "Pulumi.sandbox.yaml", addService);
  const pull = await project.openPull("notes");
  const told = await mustTell(stage, project, pull, { head: first, stacks: ["sandbox"] });
  const url = await mustMake(stage, "ci", "preview", "--pull-request", String(pull));
  await mustAnswer(url, "/api/notes", "notes");
  await mustLink(project, pull, url);

  await mustExtend(stage, project, pull);
  await mustFollow(stage, project, { pull, url, comment: told });

  const merged = await mustApply(stage, project, pull);
  await stage.run(["preview", "destroy", String(pull)]);
  await mustBeGone(stage, pull);

  await mustGoBack(stage, project, merged);
  await mustSweep(stage);
  await mustFindForgery(stage, "sandbox");
}

/** Of the api's own image, beside it. */
const notes = {
  ...{ path: "/api/notes", priority: 50, repository: "api", database: true },
  ...{ cpu: 256, memory: 512, desiredCount: 1, deregistrationDelaySeconds: 10 },
  healthCheck: { path: "/api/notes", intervalSeconds: 5, timeoutSeconds: 2 },
};
const servicesOf = "  switchyard:services:\n";
const addService = (text: string) => text.replace(servicesOf, `${servicesOf}    notes: ${JSON.stringify(notes)}\n`);
const titled = "Notes of the change";
const addTitle = (text: string) =>
  text.replace("      environment:\n", `      environment:\n        PAGE_TITLE: ${titled}\n`);

/** A plan as one comment, and a status of each stack. @returns the comment's id */
async function mustTell(
  stage: Stage,
  project: GithubProject,
  pull: number,
  { head, stacks }: { readonly head: string; readonly stacks: readonly string[] },
): Promise<number> {
  const args = ["ci", "pull-request", "--pull-request", String(pull)];
  await stage.run(args);
  const command = `switchyard ${args.join(" ")}`;
  const [comment, ...more] = await plansOn(project, pull);
  if (comment === undefined || more.length > 0) throw unexpected(command, "there is not one comment with its plan");
  if (!comment.body.includes(head.slice(0, 7))) throw unexpected(command, "its comment is not of the last commit");
  const [, counts = ""] = /^## (Plan: .*)$/m.exec(comment.body) ?? [];
  const statuses = await project.statuses(head);
  const expected = stacks.map((stack) => `switchyard/plan/${stack}: success`).join();
  const found = Object.entries(statuses).map(([context, state]) => `${context}: ${state}`);
  if (found.join() !== expected) throw unexpected(command, `the statuses are ${found.join(", ") || "none"}`);
  stage.say(`  on pull request ${pull}: "${counts}", ${found.join(", ")}`);
  if (counts === "") throw unexpected(command, "its comment has no counts");
  return comment.id;
}

async function plansOn(project: GithubProject, pull: number): Promise<readonly Said[]> {
  return (await project.comments(pull)).filter(({ body }) => body.startsWith("<!-- switchyard:plan"));
}

async function mustAnswer(url: string, path: string, service: string): Promise<void> {
  const [api] = await releasesAnswering(url, "/api/healthz");
  const found = await releasesAnswering(url, path);
  if (found.length !== 1 || found[0] === api)
    throw unexpected(url, `${path} is answered by ${found.join(" and ")}, not by the service ${service}`);
}

/** On the pull request itself, and in its plan. */
async function mustLink(project: GithubProject, pull: number, url: string): Promise<void> {
  const saying = (await project.comments(pull)).filter(({ body }) => body.includes(`**Preview environment:** ${url}`));
  if (saying.length !== 2) throw unexpected("switchyard ci preview", `${saying.length} comments say where it answers`);
}

/** For whoever may write; what an outsider says changes nothing. */
async function mustExtend(stage: Stage, project: GithubProject, pull: number): Promise<void> {
  const before = await untilOf(stage, pull);
  await comment(stage, project, { pull, by: "eve", body: "/extend 48h" });
  if ((await untilOf(stage, pull)) !== before) throw unexpected("/extend", "an outsider has extended it");
  const answers = await comment(stage, project, { pull, by: "ann", body: "/extend 48h" });
  if ((await untilOf(stage, pull)) <= before || answers !== 1)
    throw unexpected("/extend", `Ann may write: it stays as long as before, or has ${answers} answers`);
}

/** A push changes the plan in place, and what the preview environment runs. */
async function mustFollow(
  stage: Stage,
  project: GithubProject,
  { pull, url, comment }: { readonly pull: number; readonly url: string; readonly comment: number },
): Promise<void> {
  stage.say("\nAnn pushes: another title of the page.");
  await project.change("notes", "previews.yaml", addTitle);
  const head = await project.change("notes", "Pulumi.sandbox.yaml", addTitle);
  const told = await mustTell(stage, project, pull, { head, stacks: ["sandbox"] });
  if (told !== comment) throw unexpected("the plan's comment", "it was not updated in place");
  await mustMake(stage, "ci", "preview", "--pull-request", String(pull));
  const page = await (await fetch(url)).text();
  if (!page.includes(titled)) throw unexpected(url, "its page does not have the title that was pushed");
}

/** @returns the commit that was applied */
async function mustApply(stage: Stage, project: GithubProject, pull: number): Promise<string> {
  stage.say("\nBob approves, and merges.");
  await project.approve(pull);
  const commit = await project.merge(pull);
  await stage.run(["ci", "merge"]);
  const { output } = await stage.run(["plan", "sandbox"]);
  if (!/^sandbox: \d+ unchanged$/m.test(output)) throw unexpected("switchyard ci merge", "something is left to apply");
  return commit;
}

/** The database gets no more room: the commit before is applied again, and serves. */
async function mustGoBack(stage: Stage, project: GithubProject, good: string): Promise<void> {
  stage.say("\nAnn opens another pull request, for more storage. AWS will refuse it when it is applied.");
  const head = await project.change("storage", "Pulumi.sandbox.yaml", (text) =>
    text.replace("storageGb: 20", "storageGb: 30"),
  );
  const pull = await project.openPull("storage");
  await mustTell(stage, project, pull, { head, stacks: ["sandbox"] });
  await project.approve(pull);
  const commit = await project.merge(pull);
  const refuse = { service: "rds", operation: "ModifyDBInstance", effect: "error", status: 400 };
  const why = { code: "StorageQuotaExceeded", message: "The request would exceed the storage quota." };
  await setCloudFaults(stage.options.dir, [{ ...refuse, ...why }]);
  await stage.refused(["ci", "merge"], `went back: sandbox to ${good.slice(0, 12)}`);
  await setCloudFaults(stage.options.dir, []);
  const versions = await versionsServing((await observe()).url);
  if (versions.join() !== "v1") throw unexpected("the sandbox", `after going back ${versions.join(" and ")} answers`);
  await mustTellOfBoth(stage, "sandbox", { commit, good });
}

/** One whose time is over, and one that nobody asked for, as a run that was killed leaves it. */
async function mustSweep(stage: Stage): Promise<void> {
  const [late, orphan] = [8, 9];
  stage.say("\nTwo more environments: one for a second, and one whose making was killed before it was written down.");
  await mustMake(stage, "preview", "create", String(late), "--tag", "v1", "--for", "1s");
  await stage.run(["up", `pr-${orphan}`]);
  const { output } = await stage.run(["preview", "sweep"]);
  for (const said of [`destroy pr-${late}: its time ended at`, `destroy pr-${orphan}: nobody asked for it`])
    if (!output.includes(said)) throw unexpected("switchyard preview sweep", `it does not say "${said}"`);
  await mustBeGone(stage, late, orphan);
}
