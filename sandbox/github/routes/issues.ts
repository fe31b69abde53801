import { byId, type Call, type Handlers, issueOf, requireRole, text } from "../call.ts";
import { forbidden, Refusal, refuseLonger } from "../refusal.ts";
import { commentShape, issueShape, reactionShape } from "../shapes.ts";
import { type Comment, type Issue, may } from "../state.ts";

/** GitHub's limit of a comment's and of an issue's body, in characters; it says so when it refuses. */
const longestBody = 65_536;

export function openIssue(
  { repository, state, user }: Call,
  what: Pick<Issue, "title" | "body" | "labels"> & Partial<Pick<Issue, "pull">>,
): Issue {
  const now = state.time();
  const number = repository.issues.length + 1;
  const times = { createdAt: now, updatedAt: now, closedAt: null };
  const issue: Issue = { id: state.id(), number, user, state: "open", ...times, ...what };
  repository.issues.push(issue);
  return issue;
}

export const issues: Handlers = {
  "issues/create": (call) => {
    const { title, body, labels } = call.body;
    refuseLonger("Issue", "body", text(body), longestBody);
    const issue = openIssue(call, { title: String(title), body: text(body), labels: namesOf(labels) });
    return { status: 201, body: issueShape(call.places, call.repository, issue) };
  },

  "issues/get": (call) => ({ status: 200, body: issueShape(call.places, call.repository, issueOf(call)) }),

  "issues/update": (call) => {
    const issue = issueOf(call);
    if (issue.user !== call.user) requireRole(call, "triage");
    const { title, body, state, labels } = call.body;
    refuseLonger("Issue", "body", text(body), longestBody);
    if (title !== undefined) issue.title = String(title);
    if (body !== undefined) issue.body = text(body);
    if (labels !== undefined) issue.labels = namesOf(labels);
    if (state === "open" || state === "closed") {
      issue.state = state;
      issue.closedAt = state === "closed" ? call.state.time() : null;
    }
    issue.updatedAt = call.state.time();
    return { status: 200, body: issueShape(call.places, call.repository, issue) };
  },

  "issues/list-for-repo": (call) => {
    const { state = "open", labels, creator } = call.params;
    const wanted = text(labels).split(",").filter(Boolean);
    const found = call.repository.issues.filter(
      (issue) =>
        (state === "all" || issue.state === state) &&
        wanted.every((label) => issue.labels.includes(label)) &&
        (creator === undefined || issue.user.login === creator),
    );
    return { status: 200, all: found.toReversed().map((issue) => issueShape(call.places, call.repository, issue)) };
  },

  "issues/list-comments": (call) => {
    const { number } = issueOf(call);
    const found = call.repository.comments.filter(({ issue }) => issue === number);
    return { status: 200, all: found.map((comment) => commentShape(call.places, call.repository, comment)) };
  },

  "issues/create-comment": (call) => {
    const { repository, state, user } = call;
    const { number } = issueOf(call);
    const now = state.time();
    const comment: Comment = {
      ...{ id: state.id(), user, issue: number, body: bodyOf(call), createdAt: now, updatedAt: now, reactions: [] },
    };
    repository.comments.push(comment);
    return { status: 201, body: commentShape(call.places, repository, comment) };
  },

  "issues/get-comment": (call) => ({
    status: 200,
    body: commentShape(call.places, call.repository, byId(call.repository.comments, call.params["comment_id"])),
  }),

  "issues/update-comment": (call) => {
    const comment = changeable(call);
    comment.body = bodyOf(call);
    comment.updatedAt = call.state.time();
    return { status: 200, body: commentShape(call.places, call.repository, comment) };
  },

  "issues/delete-comment": (call) => {
    const { comments } = call.repository;
    comments.splice(comments.indexOf(changeable(call)), 1);
    return { status: 204 };
  },

  "reactions/list-for-issue-comment": (call) => {
    const { reactions } = byId(call.repository.comments, call.params["comment_id"]);
    return { status: 200, all: reactions.map((reaction) => reactionShape(call.places, reaction)) };
  },

  "reactions/create-for-issue-comment": (call) => {
    const { reactions } = byId(call.repository.comments, call.params["comment_id"]);
    const content = text(call.body["content"]);
    const known = reactions.find((one) => one.content === content && one.user === call.user);
    if (known) return { status: 200, body: reactionShape(call.places, known) };
    const reaction = { id: call.state.id(), user: call.user, content, createdAt: call.state.time() };
    reactions.push(reaction);
    return { status: 201, body: reactionShape(call.places, reaction) };
  },
};

function bodyOf({ body }: Call): string {
  const said = text(body["body"]);
  if (said.trim() === "")
    throw new Refusal(422, "Validation Failed", {
      errors: [{ resource: "IssueComment", code: "missing_field", field: "body" }],
    });
  refuseLonger("IssueComment", "body", said, longestBody);
  return said;
}

/** Whoever may write changes the comments of others as well. */
function changeable(call: Call): Comment {
  const comment = byId(call.repository.comments, call.params["comment_id"]);
  if (comment.user !== call.user && !may(call.repository, call.user, "write")) throw forbidden();
  return comment;
}

function namesOf(labels: unknown): readonly string[] {
  const given = Array.isArray(labels) ? labels : [];
  return given.map((label: string | { name: string }) => (typeof label === "string" ? label : label.name));
}
