import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../account.ts";
import type { DomainConfig } from "../../domain.ts";
import type { Statement } from "../../policy.ts";
import type { Profile } from "../../profile.ts";
import { Bucket } from "../storage/bucket.ts";
import { cdnMayLog } from "./cdn-log.ts";
import { notFound, secureListener } from "./secure-listener.ts";

export interface TrafficArgs {
  readonly account: Account;
  readonly profile: Profile;
  readonly vpcId: pulumi.Input<string>;
  readonly publicSubnetIds: pulumi.Input<pulumi.Input<string>[]>;
  /** Serves HTTPS under this name and redirects HTTP; plain HTTP when absent. */
  readonly domain?: DomainConfig | undefined;
  /** The stack's name. */
  readonly environment: string;
  /** How much of what is asked by the domain's shared names comes here, from 0 to 255. */
  readonly namesWeight: number;
  /** What the log of the environment's CDN is called, which goes to the same bucket as the balancer's. */
  readonly cdnLog: string;
}

/** Seconds a connection may be silent; the services' own keep-alive is longer, so that the balancer closes first. */
const idleTimeout = 60;

/** The load balancer: one public way in, over which each service adds its rules. */
export class Traffic extends pulumi.ComponentResource {
  readonly url: pulumi.Output<string>;
  readonly hostname: pulumi.Output<string>;
  /** The listener services add their rules to. */
  readonly listenerArn: pulumi.Output<string>;
  readonly securityGroupId: pulumi.Output<string>;
  /** Without a domain there is no certificate, so no HTTPS. */
  readonly plainHttp: boolean;
  readonly balancerArn: pulumi.Output<string>;
  readonly accessLogs: Bucket;
  /** Names the balancer in CloudWatch. */
  readonly arnSuffix: pulumi.Output<string>;

  constructor(name: string, args: TrafficArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:traffic:Traffic", name, {}, options);
    const securityGroup = this.openToTheInternet(name, args);
    this.accessLogs = new Bucket(
      `${name}-access-logs`,
      {
        profile: args.profile,
        expireDays: args.profile.logDays,
        // No KMS key: the load balancer writes to buckets with S3's own encryption only (Elastic Load Balancing,
        // "Access logs for your Application Load Balancer").
        statements: (bucketArn) => [
          deliverLogs(bucketArn, args.account),
          // Also where there is no CDN: a right that leaves a bucket counts as disruptive.
          cdnMayLog(bucketArn, args.account, args.cdnLog),
        ],
      },
      { parent: this },
    );
    const balancer = new aws.lb.LoadBalancer(
      name,
      {
        loadBalancerType: "application",
        internal: false,
        subnets: args.publicSubnetIds,
        securityGroups: [securityGroup.id],
        idleTimeout,
        dropInvalidHeaderFields: true,
        desyncMitigationMode: "defensive",
        enableDeletionProtection: args.profile.deletionProtection,
        accessLogs: { enabled: true, bucket: this.accessLogs.name },
      },
      { parent: this, protect: args.profile.protect, dependsOn: [this.accessLogs.policy] },
    );
    const listener =
      args.domain === undefined
        ? this.plain(name, balancer)
        : secureListener(name, { ...args, balancer, domain: args.domain }, this);
    this.url =
      args.domain === undefined
        ? pulumi.interpolate`http://${balancer.dnsName}`
        : pulumi.output(`https://${args.domain.name}`);
    this.plainHttp = args.domain === undefined;
    this.hostname = balancer.dnsName;
    this.listenerArn = listener.arn;
    this.securityGroupId = securityGroup.id;
    this.balancerArn = balancer.arn;
    this.arnSuffix = balancer.arnSuffix;
    this.registerOutputs({ url: this.url, hostname: this.hostname, listenerArn: this.listenerArn });
  }

  private openToTheInternet(name: string, args: TrafficArgs): aws.ec2.SecurityGroup {
    const group = new aws.ec2.SecurityGroup(
      `${name}-alb`,
      { description: "Load balancer: HTTP from anywhere, on to the services", vpcId: args.vpcId },
      { parent: this },
    );
    for (const port of args.domain === undefined ? [80] : [80, 443])
      new aws.vpc.SecurityGroupIngressRule(
        `${name}-alb-${port}`,
        {
          securityGroupId: group.id,
          description: `Port ${port} from the internet`,
          cidrIpv4: "0.0.0.0/0",
          ipProtocol: "tcp",
          fromPort: port,
          toPort: port,
        },
        { parent: this },
      );
    return group;
  }

  private plain(name: string, balancer: aws.lb.LoadBalancer): aws.lb.Listener {
    return new aws.lb.Listener(
      `${name}-http`,
      { loadBalancerArn: balancer.arn, port: 80, protocol: "HTTP", defaultActions: [notFound] },
      { parent: this },
    );
  }
}

/** As the Application Load Balancers user guide has it, "Enable access logs", step 2: the service, for balancers of ours. */
function deliverLogs(bucketArn: pulumi.Output<string>, account: Account): Statement {
  return {
    Sid: "DeliverAccessLogs",
    Effect: "Allow",
    Principal: { Service: "logdelivery.elasticloadbalancing.amazonaws.com" },
    Action: "s3:PutObject",
    Resource: pulumi.interpolate`${bucketArn}/AWSLogs/${account.id}/*`,
    Condition: {
      ArnLike: {
        "aws:SourceArn": `arn:${account.partition}:elasticloadbalancing:${account.region}:${account.id}:loadbalancer/*`,
      },
    },
  };
}
