import type { Delivery } from "@aws-sdk/client-cloudwatch-logs";
import type { RRType } from "@aws-sdk/client-route-53";
import { plainName, recordsOf } from "../../aws/records.ts";
import { type Finder, ifFound, type Look, onlyNew, textOf } from "./find.ts";

async function elb({ aws }: Look) {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-elastic-load-balancing-v2"), aws.client("elb")]);
  return { sdk, client };
}
async function ecs({ aws }: Look) {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-ecs"), aws.client("ecs")]);
  return { sdk, client };
}
async function cdnLogs({ aws }: Look) {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-cloudwatch-logs"), aws.client("cdnLogs")]);
  return { sdk, client };
}

/** What a service stands on. A listener has one rule of each priority, a load balancer one listener of each port. */
export const serviceFinders: Readonly<Record<string, Finder>> = {
  "aws:lb/loadBalancer:LoadBalancer": async (inputs, look) => {
    const { sdk, client } = await elb(look);
    const Names = [textOf(inputs, "name")];
    const read = () => ifFound(client.send(new sdk.DescribeLoadBalancersCommand({ Names })));
    if ((await read()) === undefined) return undefined;
    return look.until(`load balancer ${Names.join()}`, async () => {
      const now = (await read())?.LoadBalancers?.[0];
      return now?.State?.Code === "provisioning" ? undefined : now?.LoadBalancerArn;
    });
  },
  "aws:lb/targetGroup:TargetGroup": async (inputs, look) => {
    const { sdk, client } = await elb(look);
    const command = new sdk.DescribeTargetGroupsCommand({ Names: [textOf(inputs, "name")] });
    return (await ifFound(client.send(command)))?.TargetGroups?.[0]?.TargetGroupArn;
  },
  "aws:lb/listener:Listener": async (inputs, look) => {
    const { sdk, client } = await elb(look);
    const command = new sdk.DescribeListenersCommand({ LoadBalancerArn: textOf(inputs, "loadBalancerArn") });
    const { Listeners = [] } = (await ifFound(client.send(command))) ?? {};
    return Listeners.find(({ Port }) => Port === inputs["port"])?.ListenerArn;
  },
  "aws:lb/listenerRule:ListenerRule": async (inputs, look) => {
    const { sdk, client } = await elb(look);
    const ListenerArn = textOf(inputs, "listenerArn");
    for await (const { Rules = [] } of sdk.paginateDescribeRules({ client }, { ListenerArn })) {
      const found = Rules.find(({ Priority }) => Priority === String(inputs["priority"]));
      if (found) return found.RuleArn;
    }
    return undefined;
  },
  "aws:ecs/cluster:Cluster": async (inputs, look) => {
    const { sdk, client } = await ecs(look);
    const { clusters = [] } = await client.send(
      new sdk.DescribeClustersCommand({ clusters: [textOf(inputs, "name")] }),
    );
    return clusters.find(({ status }) => status !== "INACTIVE")?.clusterArn;
  },
  "aws:ecs/service:Service": async (inputs, look) => {
    const { sdk, client } = await ecs(look);
    const asked = { cluster: textOf(inputs, "cluster"), services: [textOf(inputs, "name")] };
    const { services = [] } = (await ifFound(client.send(new sdk.DescribeServicesCommand(asked)))) ?? {};
    return services.find(({ status }) => status === "ACTIVE")?.serviceArn;
  },
  "aws:acm/certificate:Certificate": async (inputs, look) => {
    const where = inputs["region"] === undefined ? "acm" : "cdnCertificates";
    const [sdk, client] = await Promise.all([import("@aws-sdk/client-acm"), look.aws.client(where)]);
    const found: (string | undefined)[] = [];
    for await (const { CertificateSummaryList = [] } of sdk.paginateListCertificates({ client }, {}))
      for (const one of CertificateSummaryList)
        if (one.DomainName === inputs["domainName"]) found.push(one.CertificateArn);
    return onlyNew(found, look);
  },
  "aws:route53/record:Record": async (inputs, { aws }) => {
    const [zone, name, type] = [textOf(inputs, "zoneId"), textOf(inputs, "name"), textOf(inputs, "type")];
    const identifier = inputs["setIdentifier"];
    const records = await recordsOf(aws, zone, name, type as RRType);
    if (!records.some(({ SetIdentifier }) => SetIdentifier === identifier)) return undefined;
    return [zone, plainName(name), type, ...(typeof identifier === "string" ? [identifier] : [])].join("_");
  },
  "aws:sesv2/emailIdentity:EmailIdentity": async (inputs, { aws }) => {
    const [sdk, client] = await Promise.all([import("@aws-sdk/client-sesv2"), aws.client("ses")]);
    const EmailIdentity = textOf(inputs, "emailIdentity");
    const found = await ifFound(client.send(new sdk.GetEmailIdentityCommand({ EmailIdentity })));
    return found && EmailIdentity;
  },
  "aws:sesv2/configurationSet:ConfigurationSet": async (inputs, { aws }) => {
    const [sdk, client] = await Promise.all([import("@aws-sdk/client-sesv2"), aws.client("ses")]);
    const ConfigurationSetName = textOf(inputs, "configurationSetName");
    const found = await ifFound(client.send(new sdk.GetConfigurationSetCommand({ ConfigurationSetName })));
    return found && ConfigurationSetName;
  },
  "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination": async (inputs, { aws }) => {
    const [sdk, client] = await Promise.all([import("@aws-sdk/client-sesv2"), aws.client("ses")]);
    const [ConfigurationSetName, name] = ["configurationSetName", "eventDestinationName"].map((key) =>
      textOf(inputs, key),
    );
    const asked = new sdk.GetConfigurationSetEventDestinationsCommand({ ConfigurationSetName });
    const found = await ifFound(client.send(asked));
    return found?.EventDestinations?.some(({ Name }) => Name === name) ? `${ConfigurationSetName}|${name}` : undefined;
  },
  "aws:cloudfront/originAccessControl:OriginAccessControl": async (inputs, { aws }) => {
    const [sdk, client] = await Promise.all([import("@aws-sdk/client-cloudfront"), aws.client("cloudfront")]);
    for await (const { OriginAccessControlList } of sdk.paginateListOriginAccessControls({ client }, {})) {
      const found = OriginAccessControlList?.Items?.find(({ Name }) => Name === inputs["name"]);
      if (found) return found.Id;
    }
    return undefined;
  },
  // It has no name: it is known by the bucket it is in front of.
  "aws:cloudfront/distribution:Distribution": async (inputs, look) => {
    const [sdk, client] = await Promise.all([import("@aws-sdk/client-cloudfront"), look.aws.client("cloudfront")]);
    const [origin] = (inputs["origins"] ?? []) as readonly { readonly domainName?: string }[];
    const found: (string | undefined)[] = [];
    for await (const { DistributionList } of sdk.paginateListDistributions({ client }, {}))
      for (const { Id, Origins } of DistributionList?.Items ?? [])
        if (Origins?.Items?.some(({ DomainName }) => DomainName === origin?.domainName)) found.push(Id);
    const Id = onlyNew(found, look);
    if (Id === undefined) return undefined;
    return look.until(`distribution ${Id}`, async () => {
      const { Distribution } = await client.send(new sdk.GetDistributionCommand({ Id }));
      return Distribution?.Status === "Deployed" ? Id : undefined;
    });
  },
  "aws:cloudwatch/logDeliverySource:LogDeliverySource": async (inputs, look) => {
    const { sdk, client } = await cdnLogs(look);
    const name = textOf(inputs, "name");
    return (await ifFound(client.send(new sdk.GetDeliverySourceCommand({ name })))) && name;
  },
  "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination": async (inputs, look) => {
    const { sdk, client } = await cdnLogs(look);
    const name = textOf(inputs, "name");
    return (await ifFound(client.send(new sdk.GetDeliveryDestinationCommand({ name })))) && name;
  },
  // A source has one delivery to a destination.
  "aws:cloudwatch/logDelivery:LogDelivery": async (inputs, look) => {
    const { sdk, client } = await cdnLogs(look);
    const same = (one: Delivery) =>
      one.deliverySourceName === inputs["deliverySourceName"] &&
      one.deliveryDestinationArn === inputs["deliveryDestinationArn"];
    for await (const { deliveries = [] } of sdk.paginateDescribeDeliveries({ client }, {})) {
      const found = deliveries.find(same);
      if (found) return found.id;
    }
    return undefined;
  },
  "aws:wafv2/webAcl:WebAcl": async (inputs, { aws }) => {
    const [sdk, client] = await Promise.all([import("@aws-sdk/client-wafv2"), aws.client("waf")]);
    const Scope = textOf(inputs, "scope") as "REGIONAL";
    let NextMarker: string | undefined;
    do {
      const page = await client.send(new sdk.ListWebACLsCommand({ Scope, NextMarker }));
      const found = page.WebACLs?.find(({ Name }) => Name === inputs["name"]);
      if (found) return found.Id;
      NextMarker = page.NextMarker;
    } while (NextMarker !== undefined);
    return undefined;
  },
};
