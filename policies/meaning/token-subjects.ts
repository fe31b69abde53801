import type { Condition } from "@switchyard/iam/document.ts";

/**
 * Subjects of tokens that are not of the work a trust document names: of another owner, repository or project, and of
 * the same one in another context, GitHub's and GitLab's forms of them.
 *
 * @param named the values the document compares the subject with, wildcards included
 */
export function otherSubjects(named: readonly string[]): readonly string[] {
  const literal = new Set(named.filter((value) => !/[*?]/.test(value)));
  const others = named.flatMap((value) => [...github(value), ...gitlab(value), ...anything(value)]);
  return [...new Set(["stranger", ...usual, ...others])].filter((value) => !literal.has(value));
}

/** Claims that say whose work it is; whoever owns a repository has GitHub begin its subject with any other it chooses. */
const owned = /^(repo|repository(_owner)?(_id)?|job_workflow_ref|enterprise(_id)?):/;

/**
 * Of the values GitHub's subject is compared with, those that a stranger's token may have, or that no token has because a
 * wildcard is taken literally: neither names whose work may come in.
 */
export function chosenSubjects(about: readonly Condition[]): readonly string[] {
  return about.flatMap(({ operator, values }) =>
    values.flatMap((value) => {
      const literally = /equals/i.test(operator) && /[*?]/.test(value);
      return literally ? [value] : owned.test(value) ? [] : [plain(value)];
    }),
  );
}

const usual = [
  "repo:stranger/stranger:environment:production",
  "repo:stranger/stranger:ref:refs/heads/main",
  "repo:stranger/stranger:pull_request",
  "project_path:stranger/stranger:ref_type:branch:ref:main",
  "system:serviceaccount:stranger:stranger",
];

const contexts = [
  "environment:stranger",
  "ref:refs/heads/stranger",
  "ref:refs/tags/stranger",
  "pull_request",
  "ref:refs/pull/1/merge",
];

/** GitHub: `repo:owner/name:context`, with ids `repo:owner@1/name@2:context`. */
function github(pattern: string): readonly string[] {
  const [kind = "", repository = "", ...rest] = pattern.split(":");
  if (kind !== "repo") return [];
  const [owner = "", name = ""] = repository.split("/");
  const context = plain(rest.join(":"));
  const own = [plain(owner), plain(name)] as const;
  // Where a wildcard stands, what it lets in is someone else's as well.
  const elsewhere = [
    ...(/[*?]/.test(repository) ? [own] : []),
    ["stranger", own[1]],
    [own[0], "stranger"],
    [own[0], `${own[1]}-stranger`],
    [`${own[0]}-stranger`, own[1]],
    [own[0], `stranger-${own[1]}`],
  ];
  const foreign = elsewhere.flatMap(([o, n]) => [`repo:${o}/${n}:${context}`, `repo:${o}/${n}`]);
  return [...foreign, ...contexts.map((one) => `repo:${own[0]}/${own[1]}:${one}`)].filter((value) => value !== pattern);
}

/** GitLab: `project_path:group/project:ref_type:branch:ref:name`. */
function gitlab(pattern: string): readonly string[] {
  const [kind = "", project = "", ...rest] = pattern.split(":");
  if (kind !== "project_path") return [];
  const groups = plain(project).split("/");
  const beside = [...groups.slice(0, -1), "stranger"].join("/");
  const other = [
    ...(/[*?]/.test(project) ? [plain(project)] : []),
    `stranger/${groups.at(-1)}`,
    beside,
    `${plain(project)}-stranger`,
  ];
  const context = plain(rest.join(":"));
  const own = plain(project);
  return [
    ...other.map((one) => `project_path:${one}:${context}`),
    ...["branch", "tag"].map((type) => `project_path:${own}:ref_type:${type}:ref:stranger`),
  ];
}

/** Of another issuer's form: whatever a wildcard lets a stranger choose. */
function anything(pattern: string): readonly string[] {
  // HCP Terraform writes the phase of a run at the end, and plans and applies with the same role.
  const fixed = pattern.replace(/^(organization:.+:workspace:.+):run_phase:\*$/, "$1");
  if (/^(repo|project_path):/.test(pattern) || !/[*?]/.test(fixed)) return [];
  return [plain(pattern)];
}

function plain(pattern: string): string {
  return pattern.replaceAll(/\*+/g, "stranger").replaceAll("?", "s");
}
