/** What jobs leave behind in the runner's bucket, and which of it is worth a link. */

/** Prefixes of the bucket: jobs may write below these and nowhere else. */
export const artifactPrefixes = { log: "logs/", report: "reports/" } as const;
export type ArtifactKind = keyof typeof artifactPrefixes;

/** Names the file that a command writes its report to, as Markdown; only a job of the runner sets it. */
export const reportVariable = "SWITCHYARD_REPORT";

const endings: Readonly<Record<ArtifactKind, string>> = { log: "txt", report: "md" };

/** @param job the state of the machine that has started it: another try of the same takes its place */
export function artifactKey(kind: ArtifactKind, execution: string, job: string): string {
  return `${artifactPrefixes[kind]}${execution}/${job}.${endings[kind]}`;
}

export interface Artifact {
  readonly kind: ArtifactKind;
  readonly job: string;
  readonly key: string;
}

/** The jobs of each machine that people ask for, the most telling first. */
export const tellingJobs: Readonly<Record<string, readonly string[]>> = {
  plan: ["Plan"],
  "plan-apply": ["Apply", "Plan"],
  merge: ["Apply"],
  release: ["Deploy"],
  ephemeral: ["Create"],
  run: ["Run"],
};

/** Where to look, in this order, for what tells most of an execution: the log where it failed, else the report. */
export function tellingArtifacts(machine: string, execution: string, failed: boolean): readonly Artifact[] {
  const kinds = failed ? (["log", "report"] as const) : (["report", "log"] as const);
  return (tellingJobs[machine] ?? []).flatMap((job) =>
    kinds.map((kind) => ({ kind, job, key: artifactKey(kind, execution, job) })),
  );
}
