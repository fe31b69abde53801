/** Whose rights a job has: one job definition and one role each. */
export const jobRoles = ["plan", "apply", "deploy", "preview", "drift"] as const;
export type JobRole = (typeof jobRoles)[number];

/** What the machines call, by ARN, URL or name. */
export interface Places {
  readonly partition: string;
  readonly jobDefinitions: Readonly<Record<JobRole, string>>;
  /** Queues: what production waits for goes before previews. */
  readonly queues: { readonly production: string; readonly preview: string };
  readonly statusQueueUrl: string;
  /** How long a plan waits for its approval, seconds. */
  readonly approvalSeconds: number;
  /** The environment that jobs of the role `deploy` may change. */
  readonly deployStack: string;
}

/** Where the schedules that end previews are, and what they start. */
export interface SchedulePlaces {
  readonly group: string;
  readonly roleArn: string;
  readonly runMachineArn: string;
  /** Keeps what could not be started. */
  readonly deadLetterArn: string;
}

/**
 * How long one attempt of a job may run, seconds: AWS Batch ends it then (`attemptDurationSeconds`). The longest are an
 * update that makes a database, and a release with its bake.
 */
export const attemptSeconds: Readonly<Record<JobRole, number>> = {
  plan: 1_800,
  apply: 7_200,
  deploy: 14_400,
  preview: 5_400,
  drift: 3_600,
};

/** Attempts of a job that did not start; one that ran and failed is not run again by AWS Batch. */
export const jobAttempts = 3;

/**
 * How long a task of a machine waits for its job, seconds: longer than every attempt together and an hour in the queue, so
 * that it is AWS Batch that ends a job, and no machine goes on while its job still runs.
 */
export function taskSeconds(role: JobRole): number {
  return attemptSeconds[role] * jobAttempts + 3_600;
}
