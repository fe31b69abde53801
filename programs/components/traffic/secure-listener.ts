import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { certificatesOf, type DomainConfig, strictTransportSecurity } from "../../domain.ts";
import { redirectPriority } from "../../routes.ts";
import { Certificate } from "./certificate.ts";

export const notFound: aws.types.input.lb.ListenerDefaultAction = {
  type: "fixed-response",
  fixedResponse: { contentType: "text/plain", messageBody: "Not found", statusCode: "404" },
};

export interface SecureListenerArgs {
  readonly balancer: aws.lb.LoadBalancer;
  readonly domain: DomainConfig;
  /** Tells this environment's records of shared names from another's. */
  readonly environment: string;
  /** How much of what is asked by shared names comes here. */
  readonly namesWeight: number;
}

/**
 * The HTTPS listener of all of an environment's names, which point here; HTTP redirects to it.
 *
 * @param parent the component these belong to
 */
export function secureListener(
  name: string,
  args: SecureListenerArgs,
  parent: pulumi.ComponentResource,
): aws.lb.Listener {
  const { balancer, domain } = args;
  const [own, ...others] = certificatesOf(domain);
  const { zoneId } = domain;
  const certificate = new Certificate(name, { names: own.names, zoneId }, { parent });
  new aws.lb.Listener(
    `${name}-http`,
    {
      loadBalancerArn: balancer.arn,
      port: 80,
      protocol: "HTTP",
      defaultActions: [{ type: "redirect", redirect: { protocol: "HTTPS", port: "443", statusCode: "HTTP_301" } }],
    },
    { parent },
  );
  pointHere(name, args, parent);
  const listener = new aws.lb.Listener(
    `${name}-https`,
    {
      loadBalancerArn: balancer.arn,
      port: 443,
      protocol: "HTTPS",
      // Recommended by Elastic Load Balancing, "Security policies": TLS 1.2 and 1.3.
      sslPolicy: "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
      certificateArn: certificate.arn,
      defaultActions: [notFound],
      ...(domain.hsts && {
        routingHttpResponseStrictTransportSecurityHeaderValue: strictTransportSecurity(domain.hsts),
      }),
    },
    { parent },
  );
  for (const { base, names, shared } of others) {
    const { arn } = new Certificate(`${name}-${base}`, { names, zoneId, shared }, { parent });
    new aws.lb.ListenerCertificate(`${name}-${base}`, { listenerArn: listener.arn, certificateArn: arn }, { parent });
  }
  redirect(name, domain, listener, parent);
  return listener;
}

function pointHere(name: string, args: SecureListenerArgs, parent: pulumi.ComponentResource): void {
  const { balancer, environment, namesWeight } = args;
  const { name: own, zoneId, names, redirects, shared } = args.domain;
  const alias = { name: balancer.dnsName, zoneId: balancer.zoneId };
  const record = (
    host: string,
    more: Pick<aws.route53.RecordArgs, "aliases" | "setIdentifier" | "weightedRoutingPolicies">,
  ) =>
    new aws.route53.Record(
      host === own ? name : `${name}-${host}`,
      { zoneId, name: host, type: "A", ...more },
      { parent },
    );
  for (const host of [own, ...names, ...redirects])
    record(host, { aliases: [{ ...alias, evaluateTargetHealth: true }] });
  for (const host of shared)
    record(host, {
      // A colour that has no tasks makes a balancer unhealthy to Route 53, which would then answer with the other environment
      // whatever the weights (Route 53 developer guide, "Values specific for weighted alias records").
      aliases: [{ ...alias, evaluateTargetHealth: false }],
      setIdentifier: environment,
      weightedRoutingPolicies: [{ weight: namesWeight }],
    });
}

function redirect(
  name: string,
  { name: host, redirects }: DomainConfig,
  listener: aws.lb.Listener,
  parent: pulumi.ComponentResource,
): void {
  if (redirects.length === 0) return;
  new aws.lb.ListenerRule(
    `${name}-redirects`,
    {
      listenerArn: listener.arn,
      priority: redirectPriority,
      conditions: [{ hostHeader: { values: [...redirects] } }],
      actions: [{ type: "redirect", redirect: { host, protocol: "HTTPS", port: "443", statusCode: "HTTP_301" } }],
    },
    { parent },
  );
}
