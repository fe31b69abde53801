import {
  type ResourceType,
  type RuleMetadata,
  type StackFinding,
  type StackResource,
  type StackRule,
  stackRule,
} from "../rule.ts";
import { elements, peek, unknown } from "../unknown.ts";
import { references, targets, valuesOf } from "./graph.ts";

interface Companion extends Omit<RuleMetadata, "settings"> {
  /** What must not be alone. */
  readonly of: ResourceType;
  /** What must be beside it. */
  readonly needs: ResourceType;
  /** The companion's property that names it, and which of its own properties that is. */
  readonly by: string;
  readonly key: string;
  /** The values of the property that name something, where it is no plain value or list. */
  readonly naming?: (companion: StackResource, property: string) => readonly unknown[];
  /** A property of it that says the same inline. */
  readonly unless?: string;
}

/** Rules that one resource must come with another. */
export const companions: readonly StackRule[] = [
  companion({
    name: "s3-public-access-block",
    of: "aws:s3/bucket:Bucket",
    needs: "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    by: "bucket",
    key: "bucket",
    level: "mandatory",
    severity: "high",
    controls: ["S3.8", "CKV2_AWS_6"],
    title: "Every bucket has a public access block",
    why: "Without it one wrong policy or ACL publishes the bucket.",
    fix: "Create a BucketPublicAccessBlock for the bucket.",
  }),
  companion({
    name: "s3-policy",
    of: "aws:s3/bucket:Bucket",
    needs: "aws:s3/bucketPolicy:BucketPolicy",
    by: "bucket",
    key: "bucket",
    level: "mandatory",
    severity: "medium",
    controls: ["S3.5", "CKV_AWS_379"],
    title: "Every bucket has a policy",
    why: "Only a policy can refuse requests without TLS.",
    fix: "Create a BucketPolicy that denies requests without TLS.",
  }),
  companion({
    name: "s3-ownership",
    of: "aws:s3/bucket:Bucket",
    needs: "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    by: "bucket",
    key: "bucket",
    level: "mandatory",
    severity: "medium",
    controls: ["S3.12", "CKV2_AWS_65"],
    title: "Every bucket says who owns its objects",
    why: "Without it ACLs may come back with the bucket's next change.",
    fix: "Create BucketOwnershipControls with BucketOwnerEnforced.",
  }),
  companion({
    name: "s3-access-logged",
    of: "aws:s3/bucket:Bucket",
    needs: "aws:s3/bucketLogging:BucketLogging",
    by: "bucket",
    key: "bucket",
    level: "advisory",
    severity: "low",
    controls: ["S3.9", "CKV_AWS_18"],
    title: "Requests to buckets are logged",
    why: "They tell who read what after a key has leaked.",
    fix: "Create a BucketLogging for the bucket.",
  }),
  companion({
    name: "s3-lifecycle",
    of: "aws:s3/bucket:Bucket",
    needs: "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    by: "bucket",
    key: "bucket",
    level: "advisory",
    severity: "low",
    controls: ["S3.13", "CKV2_AWS_61"],
    title: "Every bucket says when objects go",
    why: "Old versions are paid for as long as they stay.",
    fix: "Create a BucketLifecycleConfiguration for the bucket.",
  }),
  companion({
    name: "s3-versioning",
    of: "aws:s3/bucket:Bucket",
    needs: "aws:s3/bucketVersioning:BucketVersioning",
    by: "bucket",
    key: "bucket",
    unless: "versioning",
    level: "advisory",
    severity: "low",
    controls: ["S3.14", "CKV_AWS_21"],
    title: "Every bucket says whether it keeps old versions",
    why: "An object overwritten or deleted by mistake is otherwise gone.",
    fix: "Create a BucketVersioning for the bucket.",
  }),
  companion({
    name: "s3-encryption",
    of: "aws:s3/bucket:Bucket",
    needs: "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    by: "bucket",
    key: "bucket",
    unless: "serverSideEncryptionConfiguration",
    level: "advisory",
    severity: "low",
    controls: ["S3.17", "CKV_AWS_145"],
    title: "Every bucket says what key it is encrypted with",
    why: "S3's own key cannot be limited to some roles or withdrawn.",
    fix: "Create a BucketServerSideEncryptionConfiguration for the bucket.",
  }),
  companion({
    name: "ecr-lifecycle",
    of: "aws:ecr/repository:Repository",
    needs: "aws:ecr/lifecyclePolicy:LifecyclePolicy",
    by: "repository",
    key: "name",
    level: "advisory",
    severity: "low",
    controls: ["ECR.3"],
    title: "Every image repository says when images go",
    why: "Every build adds an image, and nobody deletes one.",
    fix: "Create a LifecyclePolicy for the repository.",
  }),
  companion({
    name: "secret-rotates",
    of: "aws:secretsmanager/secret:Secret",
    needs: "aws:secretsmanager/secretRotation:SecretRotation",
    by: "secretId",
    key: "id",
    level: "advisory",
    severity: "medium",
    controls: ["SecretsManager.1", "CKV2_AWS_57"],
    title: "Every secret rotates",
    why: "A secret that never changes is known to everyone who ever saw it.",
    fix: "Create a SecretRotation for the secret.",
  }),
  companion({
    name: "alb-waf",
    of: "aws:lb/loadBalancer:LoadBalancer",
    needs: "aws:wafv2/webAclAssociation:WebAclAssociation",
    by: "resourceArn",
    key: "arn",
    level: "advisory",
    severity: "low",
    controls: ["ELB.16", "CKV2_AWS_28"],
    title: "Load balancers stand behind a web ACL",
    why: "Known attacks and floods are refused before they reach a service.",
    fix: "Associate a web ACL with the load balancer.",
  }),
  companion({
    name: "waf-logged",
    of: "aws:wafv2/webAcl:WebAcl",
    needs: "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
    by: "resourceArn",
    key: "arn",
    level: "advisory",
    severity: "medium",
    controls: [],
    url: "https://docs.aws.amazon.com/waf/latest/developerguide/logging.html",
    title: "Every web ACL has a log",
    why: "Which rule refused which request is known nowhere else, and whether it should have neither.",
    fix: "Create a WebAclLoggingConfiguration for the web ACL.",
  }),
  companion({
    name: "mail-own-bounces",
    of: "aws:sesv2/emailIdentity:EmailIdentity",
    needs: "aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes",
    by: "emailIdentity",
    key: "emailIdentity",
    level: "advisory",
    severity: "low",
    controls: [],
    url: "https://docs.aws.amazon.com/ses/latest/dg/mail-from.html",
    title: "Every domain of mail has a bounce domain of its own",
    why: "Bounces go to amazonses.com otherwise, and SPF proves nothing of who sent the mail.",
    fix: "Create an EmailIdentityMailFromAttributes for the identity.",
  }),
  companion({
    name: "mail-sets-tell",
    of: "aws:sesv2/configurationSet:ConfigurationSet",
    needs: "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination",
    by: "configurationSetName",
    key: "configurationSetName",
    level: "advisory",
    severity: "low",
    controls: [],
    url: "https://docs.aws.amazon.com/ses/latest/dg/monitor-using-event-publishing.html",
    title: "Every configuration set tells somebody what became of mail",
    why: "Without a destination bounces and complaints are known to Amazon SES alone.",
    fix: "Create a ConfigurationSetEventDestination for the configuration set.",
  }),
  companion({
    name: "events-bus-policy",
    of: "aws:cloudwatch/eventBus:EventBus",
    needs: "aws:cloudwatch/eventBusPolicy:EventBusPolicy",
    by: "eventBusName",
    key: "name",
    level: "advisory",
    severity: "low",
    controls: ["EventBridge.3"],
    title: "Every custom event bus says who may use it",
    why: "Without a policy of its own any role of the account may publish to it.",
    fix: "Create an EventBusPolicy for the bus.",
  }),
  companion({
    name: "budget-for-every-account",
    of: "aws:organizations/account:Account",
    needs: "aws:budgets/budget:Budget",
    by: "costFilters",
    naming: linkedAccounts,
    key: "id",
    level: "mandatory",
    severity: "medium",
    controls: [],
    url: "https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html",
    title: "Every account has a budget",
    why: "A runaway account is otherwise noticed on the bill.",
    fix: "Create a Budget filtered to the account (costFilters LinkedAccount).",
  }),
  companion({
    name: "account-security-contact",
    of: "aws:organizations/account:Account",
    needs: "aws:account/alternativeContact:AlternativeContact",
    by: "accountId",
    key: "id",
    naming: (contact, property) =>
      peek(contact.props, "alternateContactType") === "SECURITY" ? valuesOf(contact, property) : [],
    level: "advisory",
    severity: "medium",
    controls: [],
    url: "https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-update-contact-alternate.html",
    title: "Every account has a contact for security",
    why: "AWS writes of abuse and of leaked keys to the root user's address otherwise, which few read.",
    fix: "Create an AlternativeContact of the type SECURITY for the account.",
  }),
  endpoint("vpc-endpoint-ecr-api", "EC2.55", "ecr.api", "the ECR API"),
  endpoint("vpc-endpoint-ecr-images", "EC2.56", "ecr.dkr", "ECR images"),
];

/** The accounts a budget's filters name. */
function linkedAccounts(budget: StackResource, property: string): readonly unknown[] {
  return valuesOf(budget, property).flatMap((filter) => {
    if (typeof filter !== "object" || filter === null) return [filter];
    const name = peek(filter, "name");
    const values = peek(filter, "values");
    if (name !== unknown && name !== "LinkedAccount") return [];
    return Array.isArray(values) ? elements(values) : [values];
  });
}

function companion({ of, needs, by, key, naming = valuesOf, unless, ...metadata }: Companion): StackRule {
  return stackRule([of, needs], {
    ...metadata,
    subject: of,
    check: function* (stack): Iterable<StackFinding> {
      const accompanied = new Set(
        (stack.of(needs) as readonly StackResource[]).flatMap((other) => {
          const { certain, possible } = references(stack, other, by, of, naming(other, by), key);
          return [...certain, ...possible];
        }),
      );
      for (const resource of stack.of(of)) {
        const inline = unless !== undefined && unless in resource.propertyDependencies;
        if (!accompanied.has(resource) && !inline)
          yield { resource, what: `no ${needs.slice(needs.lastIndexOf(":") + 1)} goes with it` };
      }
    },
  });
}

function endpoint(name: string, control: string, service: string, what: string): StackRule {
  return stackRule(["aws:ec2/vpc:Vpc", "aws:ec2/vpcEndpoint:VpcEndpoint"], {
    name,
    subject: "aws:ec2/vpc:Vpc",
    level: "advisory",
    severity: "low",
    controls: [control],
    title: `Networks reach ${what} without leaving AWS's network`,
    why: "Pulls through the NAT gateway cost by the gigabyte and fail with it.",
    fix: `Create an interface VpcEndpoint for ${service}.`,
    check: function* (stack): Iterable<StackFinding> {
      const endpoints = stack
        .of("aws:ec2/vpcEndpoint:VpcEndpoint")
        .filter(({ props }) => (props.serviceName ?? "").endsWith(`.${service}`));
      const reached = new Set(endpoints.flatMap((one) => targets(stack, one, "vpcId", "aws:ec2/vpc:Vpc")));
      for (const network of stack.of("aws:ec2/vpc:Vpc")) {
        if (!reached.has(network)) yield { resource: network, what: `the network has no endpoint for ${service}` };
      }
    },
  });
}
