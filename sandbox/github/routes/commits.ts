import { byId, type Call, type Handlers, requireRole, text } from "../call.ts";
import { notFound, Refusal, refuseLonger } from "../refusal.ts";
import { deploymentShape, deploymentStatusShape, repositoryShape, statusShape, userShape } from "../shapes.ts";
import { type Deployment, type DeploymentStatus, roleOf, type Status } from "../state.ts";

/** GitHub's limit of what a status of a commit, and of a deployment, says of itself, in characters. */
const longestDescription = 140;

export const commits: Handlers = {
  "users/get-authenticated": ({ places, user }) => {
    // The token of a workflow is an installation's: it is no user, and may not ask who it is.
    if (user.type === "Bot") throw new Refusal(403, "Resource not accessible by integration");
    return { status: 200, body: userShape(places, user) };
  },

  "repos/get": ({ places, repository }) => ({ status: 200, body: repositoryShape(places, repository) }),

  "repos/get-collaborator-permission-level": (call) => {
    const { repository, state, params, places } = call;
    requireRole(call, "read");
    const user = state.users.get(text(params["username"]));
    if (!user) throw notFound();
    const role = roleOf(repository, user.login);
    // `permission` knows the legacy roles only: maintain is write, and triage read.
    const permission = role === "maintain" ? "write" : role === "triage" ? "read" : role;
    return {
      status: 200,
      body: { permission, role_name: role, user: { ...userShape(places, user), role_name: role } },
    };
  },

  "repos/create-commit-status": async (call) => {
    requireRole(call, "write");
    const { state: is, context = "default", description = null, target_url: targetUrl = null } = call.body;
    const sha = await commitOf(call, "sha");
    refuseLonger("Status", "description", description as string | null, longestDescription);
    const status: Status = {
      ...{ id: call.state.id(), sha, state: is as Status["state"], context: text(context) },
      description: description as string | null,
      targetUrl: targetUrl as string | null,
      ...{ creator: call.user, createdAt: call.state.time() },
    };
    call.repository.statuses.push(status);
    return { status: 201, body: statusShape(call.places, call.repository, status) };
  },

  "repos/list-commit-statuses-for-ref": async (call) => {
    const sha = await commitOf(call, "ref");
    const found = call.repository.statuses.filter((status) => status.sha === sha).toReversed();
    return { status: 200, all: found.map((status) => statusShape(call.places, call.repository, status)) };
  },

  "repos/create-deployment": async (call) => {
    requireRole(call, "write");
    const { ref, task = "deploy", environment = "production", description = null, payload } = call.body;
    const sha = await call.repository.git.commit(text(ref));
    if (!sha) throw new Refusal(422, `No ref found for: ${text(ref)}`, { errors: [] });
    const deployment: Deployment = {
      ...{ id: call.state.id(), sha, ref: text(ref), task: text(task), environment: text(environment) },
      ...{ description: description as string | null, payload, statuses: [] },
      ...{ creator: call.user, createdAt: call.state.time() },
    };
    call.repository.deployments.push(deployment);
    return { status: 201, body: deploymentShape(call.places, call.repository, deployment) };
  },

  "repos/list-deployments": (call) => {
    const { sha, ref, environment, task } = call.params;
    const wanted = Object.entries({ sha, ref, environment, task }).filter(([, value]) => value !== undefined);
    const found = call.repository.deployments.filter((one) =>
      wanted.every(([key, value]) => one[key as keyof Deployment] === value),
    );
    return { status: 200, all: found.toReversed().map((one) => deploymentShape(call.places, call.repository, one)) };
  },

  "repos/create-deployment-status": (call) => {
    requireRole(call, "write");
    const deployment = deploymentOf(call);
    const {
      state: is,
      description = "",
      environment_url: page = "",
      log_url: log,
      target_url: target = "",
    } = call.body;
    refuseLonger("DeploymentStatus", "description", text(description), longestDescription);
    const status: DeploymentStatus = {
      ...{ id: call.state.id(), state: text(is), description: text(description), environmentUrl: text(page) },
      ...{ logUrl: text(log ?? target), creator: call.user, createdAt: call.state.time() },
    };
    deployment.statuses.push(status);
    return { status: 201, body: deploymentStatusShape(call.places, call.repository, deployment, status) };
  },

  "repos/list-deployment-statuses": (call) => {
    const deployment = deploymentOf(call);
    const found = deployment.statuses.toReversed();
    const shape = (one: DeploymentStatus) => deploymentStatusShape(call.places, call.repository, deployment, one);
    return { status: 200, all: found.map(shape) };
  },
};

async function commitOf({ repository, params }: Call, key: string): Promise<string> {
  const revision = text(params[key]);
  const sha = await repository.git.commit(revision);
  if (!sha) throw new Refusal(422, `No commit found for SHA: ${revision}`, { errors: [] });
  return sha;
}

function deploymentOf({ repository, params }: Call): Deployment {
  return byId(repository.deployments, params["deployment_id"]);
}
