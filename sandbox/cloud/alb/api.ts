/** The Elastic Load Balancing operations that moto answers wrongly, or whose change the running load balancers follow. */
import {
  AddListenerCertificatesCommand,
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
  DeleteListenerCommand,
  DeleteLoadBalancerCommand,
  DeleteRuleCommand,
  DeleteTargetGroupCommand,
  DescribeListenerCertificatesCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
  type LoadBalancer,
  ModifyListenerAttributesCommand,
  ModifyListenerCommand,
  ModifyLoadBalancerAttributesCommand,
  ModifyRuleCommand,
  ModifyTargetGroupAttributesCommand,
  ModifyTargetGroupCommand,
  SetRulePrioritiesCommand,
  SetSecurityGroupsCommand,
  SetSubnetsCommand,
  type TargetGroup,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { awsError, type CloudContext } from "../handlers.ts";
import type { LoadBalancing } from "./live.ts";
import { checkActions, checkConditions, checkFree, checkPriority, checkStickiness, checkSubnets } from "./validate.ts";

const Client = ElasticLoadBalancingV2Client;
/** No rule can be given a priority from here on. */
const beyondPriorities = 100_000;

export function installLoadBalancers(cloud: CloudContext, live: LoadBalancing): void {
  const shown = (balancer: LoadBalancer): LoadBalancer => {
    const port = live.loadBalancers.get(balancer.LoadBalancerArn ?? "")?.frontPort;
    if (port === undefined) return balancer;
    return { ...balancer, DNSName: `127.0.0.1:${port}`, State: { Code: "active" } };
  };

  cloud.handle(CreateLoadBalancerCommand, async (input, call) => {
    const subnets = [...(input.Subnets ?? []), ...(input.SubnetMappings ?? []).map(({ SubnetId }) => SubnetId ?? "")];
    checkSubnets(subnets);
    const existing = [...live.loadBalancers.values()].find(
      ({ description }) =>
        description.LoadBalancerName === input.Name && description.LoadBalancerArn?.includes(call.account),
    );
    if (existing !== undefined) {
      const zones = new Set(existing.description.AvailabilityZones?.map((zone) => zone.SubnetId));
      const same = zones.size === subnets.length && subnets.every((subnet) => zones.has(subnet));
      if (same && (input.Scheme ?? "internet-facing") === existing.description.Scheme) {
        return { LoadBalancers: [shown(existing.description)] };
      }
      throw awsError(
        "DuplicateLoadBalancerName",
        `A load balancer with the same name '${input.Name}' exists, but with different settings`,
      );
    }
    const answer = await call.toMoto({ ...input, Scheme: input.Scheme ?? "internet-facing" });
    const arn = answer.LoadBalancers?.[0]?.LoadBalancerArn ?? "";
    await live.addLoadBalancer(call.moto(Client), arn);
    return { LoadBalancers: (answer.LoadBalancers ?? []).map(shown) };
  });

  cloud.handle(DescribeLoadBalancersCommand, async (_input, call) => {
    const answer = await call.toMoto();
    return { ...answer, LoadBalancers: (answer.LoadBalancers ?? []).map(shown) };
  });

  cloud.handle(ModifyLoadBalancerAttributesCommand, async (input, call) => {
    const answer = await call.toMoto();
    await live.refreshAttributes(call.moto(Client), input.LoadBalancerArn ?? "");
    return answer;
  });

  const describe = (arn: string | undefined, changed: Partial<LoadBalancer>) => {
    const balancer = live.loadBalancers.get(arn ?? "");
    if (balancer !== undefined) balancer.description = { ...balancer.description, ...changed };
  };
  cloud.handle(SetSecurityGroupsCommand, async (input, call) => {
    const answer = await call.toMoto();
    describe(input.LoadBalancerArn, { SecurityGroups: input.SecurityGroups });
    return answer;
  });
  cloud.handle(SetSubnetsCommand, async (input, call) => {
    const answer = await call.toMoto();
    describe(input.LoadBalancerArn, { AvailabilityZones: answer.AvailabilityZones });
    return answer;
  });

  cloud.handle(DeleteLoadBalancerCommand, async (input, call) => {
    const arn = input.LoadBalancerArn ?? "";
    if (live.loadBalancers.get(arn)?.attributes["deletion_protection.enabled"] === "true") {
      throw awsError(
        "OperationNotPermitted",
        `Load balancer '${arn}' cannot be deleted because deletion protection is enabled`,
      );
    }
    const answer = await call.toMoto();
    await live.removeLoadBalancer(arn);
    return answer;
  });
}

/** A listener's certificates but its default, which comes first. */
async function otherCertificates(elb: ElasticLoadBalancingV2Client, ListenerArn: string | undefined) {
  const { Certificates = [] } = await elb.send(new DescribeListenerCertificatesCommand({ ListenerArn }));
  return Certificates.slice(1);
}

export function installListeners(cloud: CloudContext, live: LoadBalancing): void {
  cloud.handle(CreateListenerCommand, async (input, call) => {
    checkActions(input.DefaultActions);
    if (input.Protocol === "HTTPS" && (input.Certificates ?? []).length === 0) {
      throw awsError("ValidationError", "A certificate must be specified for HTTPS listeners");
    }
    for (const { loadBalancer, description } of live.listeners.values()) {
      if (loadBalancer === input.LoadBalancerArn && description.Port === input.Port) {
        throw awsError("DuplicateListener", "A listener already exists on this port for this load balancer");
      }
    }
    const answer = await call.toMoto();
    await live.refreshListener(call.moto(Client), answer.Listeners?.[0]?.ListenerArn ?? "");
    return answer;
  });

  cloud.handle(ModifyListenerCommand, async (input, call) => {
    checkActions(input.DefaultActions);
    const elb = call.moto(Client);
    const { ListenerArn } = input;
    // moto takes a new certificate for the only one; AWS changes the default and leaves the others.
    const others = input.Certificates === undefined ? [] : await otherCertificates(elb, ListenerArn);
    const answer = await call.toMoto();
    if (others.length > 0) await elb.send(new AddListenerCertificatesCommand({ ListenerArn, Certificates: others }));
    await live.refreshListener(elb, ListenerArn ?? "");
    return answer;
  });

  cloud.handle(ModifyListenerAttributesCommand, async (input, call) => {
    const answer = await call.toMoto();
    await live.refreshHeaders(call.moto(Client), input.ListenerArn ?? "");
    return answer;
  });

  cloud.handle(DeleteListenerCommand, async (input, call) => {
    const answer = await call.toMoto();
    await live.removeListener(input.ListenerArn ?? "");
    return answer;
  });
}

export function installRules(cloud: CloudContext, live: LoadBalancing): void {
  const isSticky = (arn: string) => live.groups.get(arn)?.stickiness !== undefined;

  cloud.handle(CreateRuleCommand, async (input, call) => {
    checkPriority(input.Priority);
    checkConditions(input.Conditions);
    checkActions(input.Actions);
    checkStickiness(input.Actions, isSticky);
    const { Priority } = input;
    checkFree([{ Priority }], live.listeners.get(input.ListenerArn ?? "")?.rules ?? []);
    const answer = await call.toMoto();
    await live.refreshRules(call.moto(Client), input.ListenerArn ?? "");
    return answer;
  });

  const listenerOf = (ruleArn: string | undefined) => {
    const listener = live.listenerOfRule(ruleArn ?? "");
    if (listener === undefined) throw awsError("RuleNotFound", `One or more rules not found: '${ruleArn}'`);
    return listener;
  };

  cloud.handle(ModifyRuleCommand, async (input, call) => {
    checkConditions(input.Conditions);
    checkActions(input.Actions);
    checkStickiness(input.Actions, isSticky);
    const listener = listenerOf(input.RuleArn);
    return live.changeRules(listener.arn, () => call.toMoto());
  });

  let moving: Promise<unknown> = Promise.resolve();
  cloud.handle(SetRulePrioritiesCommand, async (input, call) => {
    const wanted = input.RulePriorities ?? [];
    for (const { Priority } of wanted) checkPriority(Priority);
    const listeners = new Set(wanted.map(({ RuleArn }) => listenerOf(RuleArn)));
    for (const { rules } of listeners) {
      const here = new Set(rules.map(({ RuleArn }) => RuleArn));
      checkFree(
        wanted.filter(({ RuleArn }) => here.has(RuleArn)),
        rules,
      );
    }
    // moto refuses a priority that a rule of the same call gives up: they all step aside first, where nobody looks.
    const aside = wanted.map(({ RuleArn }, index) => ({ RuleArn, Priority: beyondPriorities + index }));
    const arns = [...listeners].map(({ arn }) => arn);
    const swap = () => call.toMoto({ RulePriorities: aside }).then(() => call.toMoto());
    const move = () => live.asOne(arns, swap);
    const moved = moving.then(move, move);
    moving = moved;
    const answer = await moved;
    for (const arn of arns) await live.refreshRules(call.moto(Client), arn);
    return answer;
  });

  cloud.handle(DescribeRulesCommand, async (_input, call) => {
    await moving.catch(() => {});
    return call.toMoto();
  });

  cloud.handle(DeleteRuleCommand, async (input, call) => {
    const listener = listenerOf(input.RuleArn);
    if (listener.rules.find((rule) => rule.RuleArn === input.RuleArn)?.IsDefault) {
      throw awsError("OperationNotPermitted", `Default rule '${input.RuleArn}' cannot be deleted`);
    }
    const answer = await call.toMoto();
    await live.refreshRules(call.moto(Client), listener.arn);
    return answer;
  });
}

export function installTargetGroups(cloud: CloudContext, live: LoadBalancing): void {
  const shown = (group: TargetGroup): TargetGroup => ({
    ...group,
    LoadBalancerArns: [...(live.groups.get(group.TargetGroupArn ?? "")?.loadBalancers ?? [])],
  });

  cloud.handle(CreateTargetGroupCommand, async (_input, call) => {
    const answer = await call.toMoto();
    await live.refreshGroup(call.moto(Client), answer.TargetGroups?.[0]?.TargetGroupArn ?? "");
    return { ...answer, TargetGroups: (answer.TargetGroups ?? []).map(shown) };
  });

  cloud.handle(DescribeTargetGroupsCommand, async (input, call) => {
    // moto remembers load balancers a group has long left.
    const { LoadBalancerArn, ...others } = input;
    const answer = await call.toMoto(LoadBalancerArn === undefined ? input : others);
    const groups = (answer.TargetGroups ?? []).map(shown);
    const wanted =
      LoadBalancerArn === undefined ? groups : groups.filter((g) => g.LoadBalancerArns?.includes(LoadBalancerArn));
    return { ...answer, TargetGroups: wanted };
  });

  cloud.handle(ModifyTargetGroupCommand, async (input, call) => {
    const answer = await call.toMoto();
    await live.refreshGroup(call.moto(Client), input.TargetGroupArn ?? "");
    return { ...answer, TargetGroups: (answer.TargetGroups ?? []).map(shown) };
  });

  cloud.handle(ModifyTargetGroupAttributesCommand, async (input, call) => {
    const answer = await call.toMoto();
    await live.refreshGroup(call.moto(Client), input.TargetGroupArn ?? "");
    return answer;
  });

  cloud.handle(DeleteTargetGroupCommand, async (input, call) => {
    const answer = await call.toMoto();
    live.removeGroup(input.TargetGroupArn ?? "");
    return answer;
  });
}
