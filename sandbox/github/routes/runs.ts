import { type Call, type Handlers, requireRole } from "../call.ts";
import { forbidden, notFound } from "../refusal.ts";
import { jobShape, runShape, userShape } from "../shapes.ts";
import { isAtWork, type WorkflowRun } from "../state.ts";

export const runs: Handlers = {
  "actions/get-reviews-for-run": ({ places, repository, params }) => ({
    status: 200,
    body: repository.runReviews
      .filter(({ run }) => run === params["run_id"])
      .map(({ environments, state, user }) => ({
        environments: environments.map((name) => ({ name })),
        ...{ state, comment: "", user: userShape(places, user) },
      })),
  }),

  "actions/list-workflow-runs": ({ places, repository, params }) => {
    const wanted = Object.entries({
      workflow: params["workflow_id"],
      event: params["event"],
      head: params["head_sha"],
    });
    const found = repository.runs
      .filter((run) =>
        wanted.every(([key, value]) => [undefined, run[key as keyof WorkflowRun]].includes(value as never)),
      )
      .toReversed();
    const body = { total_count: found.length, workflow_runs: found.map((run) => runShape(places, repository, run)) };
    return { status: 200, body };
  },

  "actions/list-jobs-for-workflow-run": (call) => {
    const { places, repository, params } = call;
    const run = repository.runs.find(({ id }) => id === params["run_id"]);
    if (!run) throw notFound();
    const jobs = run.jobs.map((job) => jobShape(places, repository, run, job));
    return { status: 200, body: { total_count: jobs.length, jobs } };
  },

  "actions/re-run-job-for-workflow-run": (call) => {
    requireRole(call, "write");
    const [run, job] = jobOf(call);
    if (isAtWork(run)) throw forbidden("The workflow run containing this job is already running");
    job.conclusion = undefined;
    job.attempts += 1;
    return { status: 201, body: {} };
  },
};

function jobOf({ repository, params }: Call) {
  for (const run of repository.runs) {
    const job = run.jobs.find(({ id }) => id === params["job_id"]);
    if (job) return [run, job] as const;
  }
  throw notFound();
}
