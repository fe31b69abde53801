/** The runner: executions in the account, from a pull request's plan to a job that is killed and a message nobody can read. */
import { setTimeout as sleep } from "node:timers/promises";
import { GetQueueUrlCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { cloudStatus } from "../../cloud/lifecycle.ts";
import { onGithub } from "../delivery/on-github.ts";
import { type GithubProject, setCloudFaults } from "../delivery/project.ts";
import { type Stage, unexpected } from "../stage.ts";
import { makeRunner } from "./prepare.ts";

/** Plays it, and fails at the first step that does not do what it should. */
export async function playRunner(stage: Stage): Promise<void> {
  await stage.begin();
  await onGithub(stage, async (project) => {
    await makeRunner(stage, project);
    await playOn(stage, project);
  });
}

async function playOn(stage: Stage, project: GithubProject): Promise<void> {
  const head = await project.change("another", "Pulumi.pipeline.yaml", (text) =>
    text.replace("notifier]", "notifier, extra]"),
  );
  const pull = await project.openPull("another");
  stage.say(`\nAnn has opened pull request ${pull}: another image repository.`);
  const planned = await start(stage, ["plan", String(pull)], head);
  await mustEnd(stage, planned, ": Planned");
  const said = await project.comments(pull);
  if (!said.some(({ body }) => body.startsWith("<!-- switchyard:plan -->")))
    throw unexpected("plan", "the pull request has no plan");

  stage.say("\nBob approves, and merges. Nobody answers whether it may be applied.");
  await project.approve(pull);
  const commit = await project.merge(pull);
  const apply = ["plan-apply", "pipeline", "--pull-request", String(pull)];
  const unanswered = await start(stage, apply, commit);
  const brief = await mustCome(stage, project);
  const killed = await mustTellOfKilled(stage, commit);
  stage.say(`\nThe time to answer ${unanswered} is over.`);
  await mustFail(stage, unanswered, "NotApprovedInTime");

  stage.say("\nIt is asked once more, and Bob answers.");
  const answered = await start(stage, [...apply, "--attempt", "2"], commit);
  await mustApply(stage, project, answered, commit);
  // What takes its time by itself does so while the next merge fails.
  await schedule(stage);
  await poison(stage);
  const back = await mustGoBack(stage, project);
  await mustPutAside(stage);
  await mustGo(stage, brief.preview);
  await mustHaveFired(stage, [planned, unanswered, brief.execution, killed, answered, back]);
}

/** @returns the execution's name */
async function start(stage: Stage, args: readonly string[], commit: string): Promise<string> {
  const all = ["runner", "start", ...args];
  const end = all.indexOf("--");
  const at = end < 0 ? all.length : end;
  const { output } = await stage.run([...all.slice(0, at), "--commit", commit, ...all.slice(at)]);
  const [, execution] = / runs as (\S+)/.exec(output) ?? [];
  if (execution === undefined) throw unexpected(`switchyard ${all.join(" ")}`, "it names no execution");
  return execution;
}

async function mustEnd(stage: Stage, execution: string, state: string): Promise<void> {
  const { output } = await stage.run(["runner", "follow", execution]);
  if (!output.includes(state)) throw unexpected(`switchyard runner follow ${execution}`, `it does not say "${state}"`);
}

async function mustFail(stage: Stage, execution: string, words: string): Promise<void> {
  await stage.refused(["runner", "follow", execution], words);
}

/** The notifier says of the commit that somebody is waited for, and what came of it. */
async function mustApply(stage: Stage, project: GithubProject, execution: string, commit: string): Promise<void> {
  await mustSay(stage, project, commit, "pending");
  await stage.run(["runner", "approve", execution]);
  await mustEnd(stage, execution, ": Applied");
  await mustSay(stage, project, commit, "success");
}

async function mustSay(stage: Stage, project: GithubProject, commit: string, state: string): Promise<void> {
  const context = "switchyard/runner/plan-apply/pipeline";
  await until(stage, `the status ${context} to be ${state}`, async () => {
    return (await project.statuses(commit))[context] === state;
  });
  stage.say(`  of the commit: ${context}: ${state}`);
}

/** AWS refuses what was merged: the commit before is applied again, and is what it should be. @returns the execution's name */
async function mustGoBack(stage: Stage, project: GithubProject): Promise<string> {
  stage.say("\nAnother repository is merged. AWS will refuse it when it is applied.");
  await project.change("refused", "Pulumi.pipeline.yaml", (text) => text.replace("extra]", "extra, refused]"));
  const pull = await project.openPull("refused");
  await project.approve(pull);
  const commit = await project.merge(pull);
  const execution = await start(stage, ["plan-apply", "pipeline", "--pull-request", String(pull)], commit);
  await mustSay(stage, project, commit, "pending");
  const why = { code: "LimitExceededException", message: "The repository limit was reached." };
  await setCloudFaults(stage.options.dir, [
    { service: "ecr", operation: "CreateRepository", effect: "error", status: 400, ...why },
  ]);
  await stage.run(["runner", "approve", execution]);
  await mustFail(stage, execution, "WentBack");
  await setCloudFaults(stage.options.dir, []);
  await mustSay(stage, project, commit, "failure");
  return execution;
}

/** For a quarter of an hour, which is some seconds here. */
async function mustCome(
  stage: Stage,
  project: GithubProject,
): Promise<{ readonly preview: string; readonly execution: string }> {
  stage.say("\nMeanwhile a pull request gets an environment of its own, for a quarter of an hour.");
  await project.change("brief", "README.md", (text) => `${text}\n`);
  const pull = await project.openPull("brief");
  const head = await project.git("rev-parse", "HEAD");
  const execution = await start(stage, ["ephemeral", String(pull), "--tag", "v1", "--for", "15m"], head);
  await mustEnd(stage, execution, ": Created");
  const preview = `pr-${pull}`;
  if (!(await stage.look(["preview", "list"])).includes(preview))
    throw unexpected("switchyard preview list", `there is no ${preview}`);
  return { preview, execution };
}

async function mustGo(stage: Stage, preview: string): Promise<void> {
  stage.say(`\nThe time of ${preview} is over: it is destroyed.`);
  await until(stage, `${preview} to be gone`, async () => !(await stage.look(["preview", "list"])).includes(preview));
}

interface JobStatus {
  readonly jobName: string;
  readonly pid?: number;
}

/** @returns the execution's name */
async function mustTellOfKilled(stage: Stage, commit: string): Promise<string> {
  stage.say("\nAnother job is killed while it runs.");
  const execution = await start(stage, ["run", "pipeline", "--role", "plan", "--", "plan", "pipeline"], commit);
  await until(stage, `a job of ${execution}`, async () => {
    const status = (await cloudStatus(stage.options.dir)) as { readonly jobs?: readonly JobStatus[] };
    const pid = status.jobs?.find(({ jobName, pid }) => jobName.startsWith(execution) && pid !== undefined)?.pid;
    if (pid !== undefined) process.kill(pid, "SIGKILL");
    return pid !== undefined;
  });
  await mustFail(stage, execution, "its job ended with exit code 137");
  return execution;
}

/** Five minutes from now, which are some seconds here. */
async function schedule(stage: Stage): Promise<void> {
  stage.say("\nA command is to be started by the clock.");
  const at = new Date(Date.now() + 300_000).toISOString().slice(0, 19);
  await stage.run(["runner", "schedule", "set", "once", `at(${at})`, "pipeline", "--", "plan", "pipeline"]);
}

/** Of the two that the clock has started one destroyed the preview, and the other did what was scheduled. */
async function mustHaveFired(stage: Stage, started: readonly string[]): Promise<void> {
  stage.say("\nThe clock has started two commands.");
  let fired: readonly string[] = [];
  await until(stage, "both schedules to have fired", async () => {
    fired = (await executionsNow(stage)).filter((execution) => !started.includes(execution));
    return fired.length === 2;
  });
  const said: string[] = [];
  for (const execution of fired) {
    const { output } = await stage.run(["runner", "follow", execution]);
    if (!output.includes(": Ran")) throw unexpected(`switchyard runner follow ${execution}`, 'it does not say ": Ran"');
    said.push(output);
  }
  for (const words of [" is gone", "pipeline: "])
    if (!said.some((output) => output.includes(words)))
      throw unexpected("what the clock has started", `none of it says "${words}"`);
}

async function executionsNow(stage: Stage): Promise<readonly string[]> {
  const output = await stage.look(["runner", "list", "--json"]);
  const { executions } = JSON.parse(/^\{[\s\S]*^\}/m.exec(output)?.[0] ?? '{"executions":[]}') as {
    readonly executions: readonly { readonly execution: string }[];
  };
  return executions.map(({ execution }) => execution);
}

async function poison(stage: Stage): Promise<void> {
  stage.say("\nSomebody sends the status queue what nobody can read.");
  const sqs = new SQSClient({});
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: "switchyard-runner-status" }));
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "{poisoned" }));
  sqs.destroy();
}

async function mustPutAside(stage: Stage): Promise<void> {
  stage.say("\nThe message that nobody can read is put aside.");
  const said = "1 message could not be said";
  await until(stage, "the message to be put aside", async () =>
    (await stage.look(["status", "runner"])).includes(said),
  );
  const { output } = await stage.run(["status", "runner"]);
  if (!output.includes(said)) throw unexpected("switchyard status runner", `it does not say "${said}"`);
}

/** Real milliseconds: a busy machine takes long for a plan. */
const [pauseMs, mostMs] = [1_000, 180_000];

async function until(stage: Stage, what: string, probe: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + mostMs; !(await probe()); ) {
    stage.options.signal.throwIfAborted();
    if (Date.now() > end) throw unexpected(what, `not within ${mostMs / 1000} s`);
    await sleep(pauseMs);
  }
}
