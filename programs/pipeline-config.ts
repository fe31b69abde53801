import * as z from "zod";
import { github } from "./github-config.ts";
import { bucketNamePattern } from "./names.ts";
import { repositoryName } from "./service-config.ts";
import { integer, plain, text } from "./validation.ts";

/** What a pipeline's configuration has beside what every stack's has. */
export const pipelineKeys = {
  /** One for each image; `base` is what the others may be built on. */
  repositories: z
    .array(repositoryName, { error: "a list of repository names" })
    .nonempty({ error: "a list of repository names" })
    .default(["base", "web", "api", "migrate"]),
  /** Those of them functions run. */
  functionRepositories: z.array(repositoryName, { error: "a list of repository names" }).default(["migrate"]),
  /** Untagged images go after a day; beyond this many tagged ones the oldest go. */
  keepImages: plain(integer(10, 10_000, "images")).default(100),
  /** Accounts whose environments pull images, beside the stack's own. */
  pullAccounts: z
    .array(text(/^\d{12}$/, "a 12-digit AWS account id, quoted"), { error: "a list of account ids" })
    // Each is named in every repository's policy, which has 10,240 characters (Amazon ECR, SetRepositoryPolicy).
    .max(100, { error: "at most 100 account ids" })
    .default([]),
  /** The bucket that holds the stacks' state, made before any stack; the stack takes it over. */
  stateBucket: text(bucketNamePattern, "the name of an S3 bucket without dots").optional(),
  /** Hears that preview environments are swept no more; nobody when absent. */
  sweepAlarmTopic: text(
    /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/,
    "the ARN of an SNS topic",
  ).optional(),
  /** No roles when absent. */
  github: github.optional(),
};
