import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../account.ts";
import type { Statement } from "../../policy.ts";
import type { Profile } from "../../profile.ts";
import { Bucket } from "../storage/bucket.ts";
import { Certificate } from "./certificate.ts";

export interface TrafficArgs {
  readonly account: Account;
  readonly profile: Profile;
  readonly vpcId: pulumi.Input<string>;
  readonly publicSubnetIds: pulumi.Input<pulumi.Input<string>[]>;
  /** Serves HTTPS under this name and redirects HTTP; plain HTTP when absent. */
  readonly domain?: { readonly name: string; readonly zoneId: string } | undefined;
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
  /** Names the balancer in CloudWatch. */
  readonly arnSuffix: pulumi.Output<string>;

  constructor(name: string, args: TrafficArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:traffic:Traffic", name, {}, options);
    const securityGroup = this.openToTheInternet(name, args);
    const logs = new Bucket(
      `${name}-access-logs`,
      {
        profile: args.profile,
        expireDays: args.profile.logDays,
        // No KMS key: the load balancer writes to buckets with S3's own encryption only (Elastic Load Balancing,
        // "Access logs for your Application Load Balancer").
        statements: (bucketArn) => [deliverLogs(bucketArn, args.account)],
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
        accessLogs: { enabled: true, bucket: logs.name },
      },
      { parent: this, protect: args.profile.protect, dependsOn: [logs.policy] },
    );
    const listener = args.domain === undefined ? this.plain(name, balancer) : this.secure(name, balancer, args.domain);
    this.url =
      args.domain === undefined
        ? pulumi.interpolate`http://${balancer.dnsName}`
        : pulumi.output(`https://${args.domain.name}`);
    this.plainHttp = args.domain === undefined;
    this.hostname = balancer.dnsName;
    this.listenerArn = listener.arn;
    this.securityGroupId = securityGroup.id;
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

  private secure(
    name: string,
    balancer: aws.lb.LoadBalancer,
    domain: { readonly name: string; readonly zoneId: string },
  ): aws.lb.Listener {
    const certificate = new Certificate(name, { domain: domain.name, zoneId: domain.zoneId }, { parent: this });
    new aws.lb.Listener(
      `${name}-http`,
      {
        loadBalancerArn: balancer.arn,
        port: 80,
        protocol: "HTTP",
        defaultActions: [{ type: "redirect", redirect: { protocol: "HTTPS", port: "443", statusCode: "HTTP_301" } }],
      },
      { parent: this },
    );
    new aws.route53.Record(
      name,
      {
        zoneId: domain.zoneId,
        name: domain.name,
        type: "A",
        aliases: [{ name: balancer.dnsName, zoneId: balancer.zoneId, evaluateTargetHealth: true }],
      },
      { parent: this },
    );
    return new aws.lb.Listener(
      `${name}-https`,
      {
        loadBalancerArn: balancer.arn,
        port: 443,
        protocol: "HTTPS",
        // Recommended by Elastic Load Balancing, "Security policies": TLS 1.2 and 1.3.
        sslPolicy: "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
        certificateArn: certificate.arn,
        defaultActions: [notFound],
      },
      { parent: this },
    );
  }
}

const notFound: aws.types.input.lb.ListenerDefaultAction = {
  type: "fixed-response",
  fixedResponse: { contentType: "text/plain", messageBody: "Not found", statusCode: "404" },
};

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
