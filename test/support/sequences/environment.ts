/** An environment in which releases come and go as the driver would have them, and updates as the program does. */
import { type EnvironmentShape, environmentShape } from "../../../automation/deploy/observe/shape.ts";
import { disruptive, judge } from "../../../automation/guard/guard.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import { type Colour, colours, type Deployed, emptyRelease, type ReleaseDocument } from "../../../programs/release.ts";
import { covers, rulePriorities } from "../../../programs/routes.ts";
import { digestOf } from "../../programs/mocks.ts";
import { runEnvironment } from "../../programs/runs.ts";
import { type Account, accountAfter, changesBetween } from "./account.ts";
import type { Command, Values } from "./changes.ts";

const runs = new Map<string, ReturnType<typeof runEnvironment>>();

/** The program is a function of these: what sequences have in common is run once. */
function ranOnce(values: Values, release: string): ReturnType<typeof runEnvironment> {
  const key = `${JSON.stringify(values)} ${release}`;
  const known = runs.get(key);
  if (known) return known;
  const running = runEnvironment(values, "sandbox", release);
  runs.set(key, running);
  return running;
}

/** Where production requests go: by the rules as the driver left them. */
interface Rule {
  readonly service: string;
  readonly path: string;
  readonly priority: number;
  readonly colour: Colour;
}

export class Environment {
  account: Account = new Map();
  release: ReleaseDocument = emptyRelease;
  readonly violations: string[] = [];
  #shape: EnvironmentShape | undefined;
  #rules: readonly Rule[] = [];

  /** Runs a command with a configuration. Answers why it was refused; undefined when it was done. */
  async run(command: Command, values: Values): Promise<string | undefined> {
    if (command === "rollback") return this.#rollBack();
    const before = this.release;
    if (command !== "up") this.release = this.#staging(values, command === "deploy" ? "v1" : "v2");
    const refused = await this.#update(values);
    if (refused !== undefined) this.release = before;
    else if (command !== "up") this.#releaseStaged();
    return refused;
  }

  #staging({ services }: Values, version: string): ReleaseDocument {
    const next = (name: string) => ({ digest: digestOf(name), version });
    const staged = Object.keys(services).map((name) => [name, { ...this.release.services[name], next: next(name) }]);
    return {
      ...this.release,
      services: { ...this.release.services, ...Object.fromEntries(staged) },
      migrate: { ...this.release.migrate, next: next("migrate") },
    };
  }

  /** The program's own run, judged by the guard and then made true, one change after the other. */
  async #update(values: Values): Promise<string | undefined> {
    let ran: Awaited<ReturnType<typeof runEnvironment>>;
    try {
      ran = await ranOnce(values, JSON.stringify(this.release));
    } catch (error) {
      if (error instanceof SwitchyardError) return error.message;
      throw error;
    }
    const after = accountAfter(this.account, ran.resources);
    const changes = changesBetween(this.account, after);
    const found = disruptive(judge(changes, { release: this.release, shape: this.#shape }));
    if (found.length > 0) return found.map(({ urn, why }) => `${urn}: ${why}`).join("; ");
    this.violations.push(...this.#harmed(changes));
    this.account = after;
    this.#shape = environmentShape("sandbox", JSON.parse(JSON.stringify(ran.outputs)));
    return undefined;
  }
  /** What of the changes takes away, or changes, something that serves or is kept for a rollback. */
  #harmed(changes: ReturnType<typeof changesBetween>): readonly string[] {
    const needed = this.#needed();
    return changes.flatMap(({ op, type, urn, properties, before }) => {
      const name = urn.split("::").at(-1) ?? "";
      const told = `${op} ${type} ${name} (${properties.join(", ")})`;
      if (op === "create") return this.#takes(type, name, changes) ? [`${told} takes a served path`] : [];
      if (type === "aws:ecs/taskDefinition:TaskDefinition") return before?.["skipDestroy"] === true ? [] : [told];
      const meaning = needed.get(`${type} ${name}`);
      if (meaning === undefined) return [];
      return op !== "update" || properties.some((property) => meaning.includes(property)) ? [told] : [];
    });
  }

  /** A rule that is made, without a header to be asked for, and comes before the one that answers a path now. */
  #takes(type: string, name: string, changes: ReturnType<typeof changesBetween>): boolean {
    if (type !== "aws:lb/listenerRule:ListenerRule") return false;
    const after = changes.find(({ urn }) => urn.endsWith(`${type}::${name}`))?.after;
    const conditions = (after?.["conditions"] ?? []) as readonly Readonly<
      Record<string, { values?: readonly string[] }>
    >[];
    if (conditions.some(({ httpHeader, sourceIp }) => httpHeader ?? sourceIp)) return false;
    const patterns = conditions.flatMap(({ pathPattern }) => pathPattern?.values ?? []);
    return patterns.some((pattern) => {
      const path = pattern.replace(/\/?\*$/, "") || "/";
      const answering = this.#answering(path);
      return answering !== undefined && Number(after?.["priority"]) < answering.priority;
    });
  }

  #answering(path: string): Rule | undefined {
    return this.#rules.filter((rule) => covers(rule.path, path)).sort((a, b) => a.priority - b.priority)[0];
  }

  /** Resources that a request meets, or a task that is live or may be gone back to: with the inputs that may not change. */
  #needed(): ReadonlyMap<string, readonly string[]> {
    const needed = new Map<string, readonly string[]>();
    const add = (type: string, name: string, ...inputs: readonly string[]) => needed.set(`${type} ${name}`, inputs);
    const any = Object.values(this.release.services).some(({ live }) => live !== undefined);
    if (!any) return needed;
    add("aws:lb/loadBalancer:LoadBalancer", "sandbox", "securityGroups", "internal", "loadBalancerType");
    add("aws:ecs/cluster:Cluster", "sandbox");
    add("aws:rds/instance:Instance", "sandbox", "instanceClass", "engineVersion", "parameterGroupName", "dbName");
    for (const [service, release] of Object.entries(this.release.services)) {
      const held = colours.flatMap((colour) => {
        const deployed = release[colour];
        return deployed ? [{ colour, deployed }] : [];
      });
      if (held.length === 0) continue;
      add("aws:lb/listenerRule:ListenerRule", service, "conditions", "actions", "priority", "listenerArn");
      add("aws:iam/role:Role", `${service}-execution`, "assumeRolePolicy");
      add("aws:iam/role:Role", `${service}-task`, "assumeRolePolicy");
      add("aws:ec2/securityGroup:SecurityGroup", `${service}-service`, "ingress", "egress");
      add("aws:cloudwatch/logGroup:LogGroup", service, "name");
      for (const { colour, deployed } of held) {
        add(
          "aws:lb/targetGroup:TargetGroup",
          `${service}-${colour}`,
          "healthCheck",
          "deregistrationDelay",
          "stickiness",
          "port",
        );
        const runs = ["taskDefinition", "desiredCount", "loadBalancers", "networkConfiguration", "cluster"];
        add("aws:ecs/service:Service", `${service}-${colour}`, ...runs, "healthCheckGracePeriodSeconds");
        add(
          "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
          `${service}-from-alb-${deployed.setup?.port}`,
          "fromPort",
          "toPort",
        );
        if (deployed.setup?.secrets.includes("service")) add("aws:secretsmanager/secret:Secret", service);
      }
    }
    return needed;
  }

  #releaseStaged(): void {
    for (const [service, shape] of Object.entries(this.#shape?.services ?? {})) {
      const { next, ...release } = this.release.services[service] ?? {};
      const { staged } = shape;
      if (!next || !staged?.setup) continue;
      const to = release.live === "blue" ? "green" : "blue";
      const { taskDefinitionArn, release: fingerprint, setup } = staged;
      const deployed: Deployed = {
        ...{ ...next, taskDefinitionArn, release: fingerprint, setup },
        ...{ deployedAt: "2026-01-05T09:00:00.000Z", migrations: [] },
      };
      this.#serve(service, { ...release, live: to, [to]: deployed });
    }
    const { next, live } = this.release.migrate ?? {};
    const migrate = next ?? live;
    this.release = { ...this.release, ...(migrate && { migrate: { live: migrate } }) };
  }

  #rollBack(): string | undefined {
    const back = Object.entries(this.release.services).filter(([, { live, blue, green }]) => live && blue && green);
    for (const [service, release] of back)
      this.#serve(service, { ...release, live: release.live === "blue" ? "green" : "blue" });
    return back.length === 0 ? "nothing to go back to" : undefined;
  }

  /** The rule as the driver writes it: the release's own path and place, to the colour that holds it. */
  #serve(service: string, release: ReleaseDocument["services"][string]): void {
    const { services, revision } = this.release;
    this.release = { ...this.release, revision: revision + 1, services: { ...services, [service]: release } };
    const route = release.live && release[release.live]?.setup?.route;
    if (!release.live || !route) return;
    const rule = {
      service,
      path: route.path,
      priority: route.priority + rulePriorities.production,
      colour: release.live,
    };
    this.#rules = [...this.#rules.filter((each) => each.service !== service), rule];
  }
}
