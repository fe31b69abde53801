/** A target group: its settings, its targets, and the choice of one for a request. */
import type { TargetGroup, TargetHealthDescription } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Clock } from "../handlers.ts";
import { describeState, notRegistered, routable } from "./health.ts";
import { type GroupSettings, type Reach, Target, type TargetAddress } from "./target.ts";

export type Attributes = Readonly<Record<string, string | undefined>>;

export const attributesOf = (list: readonly { Key?: string; Value?: string }[] | undefined): Attributes =>
  Object.fromEntries((list ?? []).map(({ Key, Value }) => [Key ?? "", Value]));

const keyOf = (address: TargetAddress) => `${address.id}:${address.port}`;

export class Group {
  readonly arn: string;
  description: TargetGroup;
  attributes: Attributes;
  /** Load balancers whose rules name the group. */
  loadBalancers: readonly string[] = [];
  /** Sockets and requests that were cut when their time to drain was over. */
  readonly forcedCloses = { request: 0, websocket: 0 };
  #targets = new Map<string, Target>();
  #next = 0;
  #clock: Clock;
  #changed: (group: Group, target: Target) => void;
  idleTimeoutMs = 60_000;

  constructor(
    description: TargetGroup,
    attributes: Attributes,
    clock: Clock,
    changed: (group: Group, target: Target) => void,
  ) {
    this.arn = description.TargetGroupArn ?? "";
    this.description = description;
    this.attributes = attributes;
    this.#clock = clock;
    this.#changed = changed;
  }

  get attached(): boolean {
    return this.loadBalancers.length > 0;
  }

  get targets(): readonly Target[] {
    return [...this.#targets.values()];
  }

  get settings(): GroupSettings {
    const group = this.description;
    const checkPort = Number(group.HealthCheckPort);
    return {
      protocol: group.Protocol === "HTTPS" ? "HTTPS" : "HTTP",
      check: {
        protocol: group.HealthCheckProtocol === "HTTPS" ? "HTTPS" : "HTTP",
        path: group.HealthCheckPath ?? "/",
        // A group's own port number stands for the port each task was given on this machine.
        port: Number.isNaN(checkPort) || checkPort === group.Port ? undefined : checkPort,
        intervalMs: (group.HealthCheckIntervalSeconds ?? 30) * 1000,
        timeoutMs: (group.HealthCheckTimeoutSeconds ?? 5) * 1000,
        matcher: group.Matcher?.HttpCode ?? "200",
      },
      thresholds: { healthy: group.HealthyThresholdCount ?? 5, unhealthy: group.UnhealthyThresholdCount ?? 2 },
      deregistrationDelayMs: Number(this.attributes["deregistration_delay.timeout_seconds"] ?? 300) * 1000,
      idleTimeoutMs: this.idleTimeoutMs,
    };
  }

  /** Seconds a client stays with its target, and by which cookie; undefined when off. */
  get stickiness(): { readonly seconds: number } | undefined {
    if (this.attributes["stickiness.enabled"] !== "true") return undefined;
    return { seconds: Number(this.attributes["stickiness.lb_cookie.duration_seconds"] ?? 86_400) };
  }

  register(address: TargetAddress, reach?: Reach): Target {
    let target = this.#targets.get(keyOf(address));
    if (target === undefined) {
      target = new Target(
        address,
        () => this.settings,
        this.#clock,
        (changed) => this.#changed(this, changed),
        reach,
      );
      this.#targets.set(keyOf(address), target);
    }
    target.register(this.attached);
    return target;
  }

  /** Resolves when the target is drained; at once when it was not registered. */
  async deregister(address: TargetAddress): Promise<void> {
    const target = this.#targets.get(keyOf(address));
    if (target === undefined || target.state.phase === "draining") return target?.drained;
    const leaving = target.deregister().then((cut) => {
      for (const flight of cut) this.forcedCloses[flight.kind] += 1;
      if (target.state.phase === "draining" && this.#targets.get(keyOf(address)) === target) {
        this.#targets.delete(keyOf(address));
      }
    });
    // A group no load balancer uses has nothing to drain.
    if (!this.attached) target.close();
    await leaving;
  }

  /** Takes new settings; where they change how health is checked, every target is checked by them at once. */
  modify(description: TargetGroup, attributes: Attributes): void {
    const checkBefore = JSON.stringify(this.settings.check);
    this.description = description;
    this.attributes = attributes;
    if (JSON.stringify(this.settings.check) !== checkBefore) for (const target of this.targets) target.checkAnew();
  }

  attach(loadBalancers: readonly string[]): void {
    const before = this.attached;
    this.loadBalancers = loadBalancers;
    if (before === this.attached) return;
    for (const target of this.targets) target.apply({ kind: this.attached ? "attached" : "detached" });
  }

  /** Round robin (or the least busy) among healthy targets; among all of them when none is healthy (fail-open). */
  pick(): Target | undefined {
    const healthy = this.targets.filter((target) => routable(target.state) === "yes");
    const candidates = healthy.length > 0 ? healthy : this.targets.filter((t) => routable(t.state) === "fail-open");
    if (candidates.length === 0) return undefined;
    this.#next = (this.#next + 1) % Number.MAX_SAFE_INTEGER;
    if (this.attributes["load_balancing.algorithm.type"] !== "least_outstanding_requests") {
      return candidates[this.#next % candidates.length];
    }
    return candidates.reduce((least, target) => (target.inFlight.size < least.inFlight.size ? target : least));
  }

  /** A bound client's target, when it may still be used: its health as for any other, draining never. */
  find(key: string): Target | undefined {
    const target = this.#targets.get(key);
    return target !== undefined && routable(target.state) === "yes" ? target : undefined;
  }

  keys(): string[] {
    return [...this.#targets.keys()];
  }

  health(address: TargetAddress): TargetHealthDescription {
    const target = this.#targets.get(keyOf(address));
    return {
      Target: { Id: address.id, Port: address.port },
      HealthCheckPort: String(this.settings.check.port ?? address.port),
      TargetHealth: target === undefined ? notRegistered : describeState(target.state),
    };
  }

  close(): void {
    for (const target of this.targets) target.close();
    this.#targets.clear();
  }
}
