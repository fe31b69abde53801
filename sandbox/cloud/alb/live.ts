/**
 * The load balancers that are really running: what moto stores, as listening servers, rules in force and target groups
 * with health. Every change of the stored configuration is followed by the refresh of what it concerns.
 */
import {
  DescribeListenerAttributesCommand,
  DescribeListenersCommand,
  DescribeLoadBalancerAttributesCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  type ElasticLoadBalancingV2Client,
  type Listener as ListenerDescription,
  type LoadBalancer as LoadBalancerDescription,
  type Rule,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { CloudContext } from "../handlers.ts";
import { sandboxCertificate } from "./certificate.ts";
import { type Attributes, attributesOf, Group } from "./group.ts";
import { givenHeaders } from "./headers.ts";
import { Listener, type RequestRecord } from "./listener.ts";
import { Ports } from "./ports.ts";
import { compileRules, targetGroupsOf } from "./rules.ts";
import type { Target } from "./target.ts";
import { Turns } from "./turns.ts";

export interface LiveListener {
  readonly arn: string;
  readonly loadBalancer: string;
  readonly description: ListenerDescription;
  readonly server: Listener;
  rules: readonly Rule[];
}

export interface LiveLoadBalancer {
  readonly arn: string;
  description: LoadBalancerDescription;
  /** Port of this machine that stands for port 80. */
  readonly frontPort: number;
  attributes: Attributes;
}

export interface TargetChange {
  readonly group: Group;
  readonly target: Target;
}

/** Rules are in force within this time of the call that changed them (AWS milliseconds, scaled by the pace). */
export const propagationMs = 50;
/** The largest page of rules (Elastic Load Balancing API reference, DescribeRules). */
const mostRules = 400;

const groupsOf = (rules: readonly Rule[]) => rules.flatMap((rule) => targetGroupsOf(rule.Actions ?? [])).join();

function without<T>(all: readonly T[], others: readonly T[]): T[] {
  const known = new Set(others);
  return all.filter((one) => !known.has(one));
}

export class LoadBalancing {
  readonly loadBalancers = new Map<string, LiveLoadBalancer>();
  readonly listeners = new Map<string, LiveListener>();
  readonly groups = new Map<string, Group>();
  readonly ports: Ports;
  /** Real milliseconds until the last node learns of a changed rule, the others sooner; the usual time when undefined. */
  lateMs: number | undefined;
  #cloud: CloudContext;
  readonly #turns = new Turns();
  #requestObservers = new Set<(entry: RequestRecord) => void>();
  #targetObservers = new Set<(change: TargetChange) => void>();

  constructor(cloud: CloudContext) {
    this.#cloud = cloud;
    this.ports = new Ports(cloud.wellKnownPorts);
  }

  onRequest(observe: (entry: RequestRecord) => void): void {
    this.#requestObservers.add(observe);
  }

  onTargetChange(observe: (change: TargetChange) => void): void {
    this.#targetObservers.add(observe);
  }

  async addLoadBalancer(moto: ElasticLoadBalancingV2Client, arn: string): Promise<LiveLoadBalancer> {
    const frontPort = this.loadBalancers.get(arn)?.frontPort ?? (await this.ports.takeForListener());
    const { LoadBalancers } = await moto.send(new DescribeLoadBalancersCommand({ LoadBalancerArns: [arn] }));
    const description = LoadBalancers?.[0] ?? {};
    const live = { arn, description, frontPort, attributes: {} };
    this.loadBalancers.set(arn, live);
    await this.refreshAttributes(moto, arn);
    return live;
  }

  async refreshAttributes(moto: ElasticLoadBalancingV2Client, arn: string): Promise<void> {
    const answer = await moto.send(new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn: arn }));
    const live = this.loadBalancers.get(arn);
    if (live !== undefined) live.attributes = attributesOf(answer.Attributes);
    this.#refreshUse();
  }

  idleTimeoutMs(arn: string): number {
    return Number(this.loadBalancers.get(arn)?.attributes["idle_timeout.timeout_seconds"] ?? 60) * 1000;
  }

  async removeLoadBalancer(arn: string): Promise<void> {
    const owned = [...this.listeners.values()].filter((listener) => listener.loadBalancer === arn);
    await Promise.all(owned.map((listener) => this.removeListener(listener.arn)));
    const live = this.loadBalancers.get(arn);
    if (live !== undefined) this.ports.release(live.frontPort);
    this.loadBalancers.delete(arn);
  }

  /** Starts (or, when its port or protocol changed, restarts) a listener's server and reads its rules. */
  async refreshListener(moto: ElasticLoadBalancingV2Client, arn: string): Promise<void> {
    const { Listeners } = await moto.send(new DescribeListenersCommand({ ListenerArns: [arn] }));
    const description = Listeners?.[0];
    if (description === undefined) return;
    const before = this.listeners.get(arn);
    const same =
      before !== undefined &&
      before.description.Port === description.Port &&
      before.description.Protocol === description.Protocol;
    if (!same) {
      if (before !== undefined) await this.removeListener(arn);
      const loadBalancer = description.LoadBalancerArn ?? "";
      const server = await this.#start(loadBalancer, description);
      this.listeners.set(arn, { arn, loadBalancer, description, server, rules: [] });
    }
    await this.refreshHeaders(moto, arn);
    await this.refreshRules(moto, arn);
  }

  /** Reads the headers that a listener gives its answers. */
  async refreshHeaders(moto: ElasticLoadBalancingV2Client, arn: string): Promise<void> {
    const { Attributes } = await moto.send(new DescribeListenerAttributesCommand({ ListenerArn: arn }));
    const listener = this.listeners.get(arn);
    if (listener !== undefined) listener.server.given = givenHeaders(attributesOf(Attributes));
  }

  async #start(loadBalancer: string, description: ListenerDescription): Promise<Listener> {
    const port = description.Port ?? 80;
    const protocol = description.Protocol === "HTTPS" ? "HTTPS" : "HTTP";
    const server = new Listener(
      {
        loadBalancer,
        protocol,
        port,
        now: () => this.#cloud.clock.now(),
        paced: (awsMs) => this.#cloud.clock.paced(awsMs),
        random: Math.random,
        idleTimeoutMs: () => this.idleTimeoutMs(loadBalancer),
        group: (arn) => this.groups.get(arn),
        boundPort: (scheme, wanted) => this.#boundPort(loadBalancer, scheme, wanted),
        record: (entry) => {
          for (const observe of this.#requestObservers) observe(entry);
        },
      },
      protocol === "HTTPS" ? await sandboxCertificate() : undefined,
    );
    const front = this.loadBalancers.get(loadBalancer)?.frontPort;
    await server.listen(
      port === 80 && protocol === "HTTP" && front !== undefined ? front : await this.ports.takeForListener(),
    );
    return server;
  }

  #boundPort(loadBalancer: string, protocol: string, port: string): string {
    for (const listener of this.listeners.values()) {
      const { Port, Protocol } = listener.description;
      if (listener.loadBalancer === loadBalancer && String(Port) === port && Protocol === protocol) {
        return String(listener.server.boundPort ?? port);
      }
    }
    return port;
  }

  async removeListener(arn: string): Promise<void> {
    const live = this.listeners.get(arn);
    if (live === undefined) return;
    this.listeners.delete(arn);
    this.#refreshUse();
    const port = live.server.boundPort;
    await live.server.close();
    if (port !== undefined && port !== this.loadBalancers.get(live.loadBalancer)?.frontPort) this.ports.release(port);
  }

  refreshRules(moto: ElasticLoadBalancingV2Client, listenerArn: string): Promise<void> {
    return this.#turns.refresh(listenerArn, () => this.#refreshRules(moto, listenerArn));
  }

  async #refreshRules(moto: ElasticLoadBalancingV2Client, listenerArn: string): Promise<void> {
    const rules: Rule[] = [];
    let Marker: string | undefined;
    do {
      const page = await moto.send(new DescribeRulesCommand({ ListenerArn: listenerArn, PageSize: mostRules, Marker }));
      rules.push(...(page.Rules ?? []));
      Marker = page.NextMarker;
    } while (Marker !== undefined);
    this.#setRules(listenerArn, () => rules);
  }

  /** Makes a call that changes rules of a listener, and takes over what it answers of them: the others need not be read again. */
  changeRules<T extends { readonly Rules?: Rule[] | undefined }>(
    listenerArn: string,
    make: () => Promise<T>,
  ): Promise<T> {
    return this.#turns.next(listenerArn, async () => {
      const answer = await make();
      const byArn = new Map((answer.Rules ?? []).map((rule) => [rule.RuleArn, rule]));
      this.#setRules(listenerArn, (rules) => rules.map((rule) => byArn.get(rule.RuleArn) ?? rule));
      return answer;
    });
  }

  /** Has rules changed in several calls; nobody takes over what they are in between. */
  asOne<T>(listenerArns: readonly string[], change: () => Promise<T>): Promise<T> {
    return this.#turns.all(listenerArns, change);
  }

  #setRules(listenerArn: string, change: (rules: readonly Rule[]) => readonly Rule[]): void {
    const listener = this.listeners.get(listenerArn);
    if (listener === undefined) return;
    const first = listener.rules.length === 0;
    const rules = change(listener.rules);
    // Most changes are of weights, and there may be a hundred rules.
    const sameGroups = groupsOf(without(rules, listener.rules)) === groupsOf(without(listener.rules, rules));
    listener.rules = rules;
    if (!sameGroups) this.#refreshUse();
    const compiled = compileRules(rules);
    const { nodes } = listener.server;
    // A timer takes a millisecond at least: a shorter time is rounded, so that on the average it stays what it is.
    const usual = Math.round(this.#cloud.clock.paced(Math.random() * propagationMs));
    nodes.forEach((_, node) => {
      const apply = () => {
        if (listener.rules === rules) nodes[node] = compiled;
      };
      const ms = this.lateMs === undefined ? usual : (this.lateMs * node) / (nodes.length - 1);
      if (first) apply();
      else if (ms === 0) setImmediate(apply);
      else setTimeout(apply, ms).unref();
    });
  }

  refreshGroup(moto: ElasticLoadBalancingV2Client, arn: string): Promise<Group> {
    return this.#turns.refresh(arn, () => this.#refreshGroup(moto, arn));
  }

  async #refreshGroup(moto: ElasticLoadBalancingV2Client, arn: string): Promise<Group> {
    const [{ TargetGroups }, { Attributes }] = await Promise.all([
      moto.send(new DescribeTargetGroupsCommand({ TargetGroupArns: [arn] })),
      moto.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn: arn })),
    ]);
    const description = TargetGroups?.[0] ?? { TargetGroupArn: arn };
    const attributes = attributesOf(Attributes);
    let group = this.groups.get(arn);
    if (group === undefined) {
      group = new Group(description, attributes, this.#cloud.clock, (changedGroup, target) => {
        for (const observe of this.#targetObservers) observe({ group: changedGroup, target });
      });
      this.groups.set(arn, group);
      this.#refreshUse();
    }
    group.modify(description, attributes);
    return group;
  }

  removeGroup(arn: string): void {
    this.groups.get(arn)?.close();
    this.groups.delete(arn);
  }

  listenerOfRule(ruleArn: string): LiveListener | undefined {
    return [...this.listeners.values()].find((listener) => listener.rules.some((rule) => rule.RuleArn === ruleArn));
  }

  /** Tells each group which load balancers' rules name it, whatever the weight. */
  #refreshUse(): void {
    const users = new Map<string, Set<string>>();
    for (const listener of this.listeners.values()) {
      for (const arn of listener.rules.flatMap((rule) => targetGroupsOf(rule.Actions ?? []))) {
        users.set(arn, (users.get(arn) ?? new Set()).add(listener.loadBalancer));
      }
    }
    for (const group of this.groups.values()) {
      const loadBalancers = [...(users.get(group.arn) ?? [])];
      if (loadBalancers[0] !== undefined) group.idleTimeoutMs = this.idleTimeoutMs(loadBalancers[0]);
      group.attach(loadBalancers);
    }
  }

  async close(): Promise<void> {
    for (const group of this.groups.values()) group.close();
    this.groups.clear();
    await Promise.all([...this.loadBalancers.keys()].map((arn) => this.removeLoadBalancer(arn)));
    this.ports.close();
  }
}
