/** Names that users choose and that begin the names of AWS resources; each resource has rules of its own for those. */

/**
 * A stack's: begins a load balancer's name (not `internal-`), a database's identifier (no two dashes in a row), security
 * groups' (not `sg-`) and buckets' (not `sthree-` nor `amzn-s3-demo-`).
 */
export const stackNamePattern = /^(?=.{2,20}$)(?!(internal|sg|sthree|amzn-s3-demo)(-|$))[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
export const stackNameRule =
  "2 to 20 lower-case letters and digits, with single dashes between, which begin with a letter but not with " +
  "internal-, sg-, sthree- or amzn-s3-demo-";

/**
 * A service's: begins target groups' names (32 characters with a colour and what Pulumi adds) and security groups' (not
 * `sg-`), and names its repository, where Amazon ECR takes single dashes between letters and digits only.
 */
export const serviceNamePattern = /^(?=.{1,12}$)(?!sg(-|$))[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
export const serviceNameRule =
  "a service name of up to 12 lower-case letters and digits, with single dashes between, which begin with a letter but not with sg-";

export const repositoryNamePattern = /^(?=.{1,31}$)[a-z0-9]+(-[a-z0-9]+)*$/;
export const repositoryNameRule =
  "the name of a repository of the pipeline stack: up to 31 lower-case letters and digits, with single dashes between";

/** A unit's, an account's or a policy's of the organization. */
export const entryNamePattern = /^(?=.{1,32}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
export const entryNameRule =
  "a name of up to 32 lower-case letters and digits, with single dashes between, which begins with a letter";

/** Of a bucket that holds state, without dots (Amazon S3 user guide, "General purpose bucket naming rules"). */
export const bucketNamePattern =
  /^(?!xn--|sthree-|amzn-s3-demo-)(?!.*(-s3alias|--ol-s3|--x-s3|--table-s3)$)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;

/** A branch as git takes one, and nothing that it could take for an option or a range (git-check-ref-format). */
export const branchPattern = /^(?!.*(?:\.\.|\/\/|\.lock(?:\/|$)))[A-Za-z0-9_][A-Za-z0-9._/-]{0,199}(?<![./])$/;

/** `owner/name` of a repository of GitHub. */
export const githubRepositoryPattern = /^[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}\/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/;
