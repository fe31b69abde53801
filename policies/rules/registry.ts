import { resourceRule } from "../rule.ts";
import { setting } from "../settings.ts";
import { lettingStrangersIn } from "./resource-documents.ts";

const repository = "aws:ecr/repository:Repository";

export const registryRules = [
  resourceRule(repository, {
    name: "ecr-scan-on-push",
    level: "mandatory",
    severity: "high",
    controls: ["ECR.1", "CKV_AWS_163"],
    title: "Images are scanned when they are pushed",
    why: "A known hole is cheapest to find before anything runs the image.",
    fix: "Set imageScanningConfiguration.scanOnPush to true.",
    check: ({ imageScanningConfiguration }) =>
      imageScanningConfiguration?.scanOnPush === true ? undefined : "imageScanningConfiguration.scanOnPush is not true",
  }),
  resourceRule(repository, {
    name: "ecr-immutable-tags",
    level: "mandatory",
    severity: "medium",
    controls: ["ECR.2", "CKV_AWS_51"],
    title: "A tag never moves to another image",
    why: "A tag that moves makes every release and every rollback a guess.",
    fix: "Set imageTagMutability to IMMUTABLE.",
    check: ({ imageTagMutability }) =>
      /^IMMUTABLE(_WITH_EXCLUSION)?$/.test(imageTagMutability ?? "")
        ? undefined
        : "imageTagMutability is not IMMUTABLE",
  }),
  resourceRule(["aws:ecr/repositoryPolicy:RepositoryPolicy", "aws:ecr/registryPolicy:RegistryPolicy"], {
    name: "ecr-not-public",
    level: "mandatory",
    severity: "critical",
    controls: ["CKV_AWS_32"],
    title: "Private images are not open to everyone",
    why: "Images hold source code, and sometimes what should not be in them.",
    fix: "Name the accounts and services in policy.",
    check: (props) => lettingStrangersIn(props),
  }),
  resourceRule(repository, {
    name: "ecr-own-key",
    level: "advisory",
    severity: "low",
    controls: ["CKV_AWS_136"],
    title: "Images are encrypted with a key of the platform",
    why: "The AWS key cannot be limited to some roles or withdrawn.",
    fix: "Set encryptionConfigurations to KMS with the images' key.",
    check: ({ encryptionConfigurations }) =>
      (encryptionConfigurations ?? []).some(({ encryptionType }) => encryptionType === "KMS")
        ? undefined
        : "encryptionConfigurations does not use KMS",
  }),
  resourceRule("aws:ecrpublic/repositoryPolicy:RepositoryPolicy", {
    name: "ecr-public-push-not-open",
    level: "mandatory",
    severity: "critical",
    controls: [],
    url: "https://docs.aws.amazon.com/AmazonECR/latest/public/public-repository-policies.html",
    title: "Nobody unnamed pushes to a public repository",
    why: "Everyone pulls from it, so whoever pushes there runs code everywhere.",
    fix: "Name in policy who may push; pulling from a public repository needs no policy.",
    check: (props) => lettingStrangersIn(props),
  }),
  resourceRule("aws:ecrpublic/repository:Repository", {
    name: "ecr-public-allow-list",
    level: "mandatory",
    severity: "critical",
    controls: [],
    url: "https://docs.aws.amazon.com/AmazonECR/latest/public/public-repositories.html",
    title: "Only listed repositories are public",
    why: "What is pushed there is published to the world at once.",
    fix: "Use a private repository, or add the name to the rule's setting repositories.",
    settings: {
      repositories: setting.strings(["base", "minimal"], "Names of the repositories that may be public"),
    },
    check: ({ repositoryName }, { settings }) =>
      settings.repositories.includes(repositoryName)
        ? undefined
        : "repositoryName is not on the list of public repositories",
  }),
];
