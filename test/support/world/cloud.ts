import type { Weights } from "../../../automation/deploy/decide/model.ts";
import { type Colour, colours } from "../../../programs/release.ts";
import { closed, rulePriorities } from "../../../programs/routes.ts";
import { SimulatedDatabase } from "./database.ts";
import { type Behaviour, type ColourView, SimulatedService } from "./ecs.ts";
import { portOf, type RouteTable, routeOf } from "./routes.ts";
import { type Rule, type RuleChange, type RuleState, type Rules, SimulatedRules } from "./rules.ts";
import type { VirtualTime } from "./time.ts";

/** What AWS would say at one moment. */
export interface View {
  readonly at: number;
  readonly services: Readonly<Record<string, Readonly<Record<Colour, ColourView>>>>;
  readonly rules: Rules;
}

export interface ScalingTarget {
  readonly min: number;
  readonly max: number;
  readonly suspended: boolean;
}

export interface TaskDefinition {
  readonly arn: string;
  readonly release: string;
  readonly version: string;
  readonly image: string;
  /** Its tasks listen there. */
  readonly port: number;
  active: boolean;
}

/** A small model of the account: ECS services, listener rules, scalable targets, task definitions, a migration function. */
export class SimulatedCloud {
  readonly names: readonly string[];
  readonly taskDefinitions: TaskDefinition[] = [];
  readonly scaling = new Map<string, ScalingTarget>();
  /** Which path each target group checks, by service and colour. */
  readonly groups = new Map<string, string>();
  readonly routes: RouteTable;
  /** Whether v2 listens on another port. */
  readonly portsMove: boolean;
  /** Ports the firewall lets the load balancer through to, by service. */
  readonly #ports = new Map<string, readonly number[]>();
  readonly database = new SimulatedDatabase();
  readonly history: View[] = [];
  /** Weights a hand has set, by service, until the driver writes over them. */
  readonly byHand = new Map<string, { readonly weights: Weights; readonly at: number }>();
  /** Task counts a hand has set, by ECS service, until the driver writes over them. */
  readonly countsByHand = new Map<string, { readonly desired: number; readonly at: number }>();
  readonly #time: VirtualTime;
  readonly #behaviour: (version: string) => Behaviour;
  readonly #services = new Map<string, SimulatedService>();
  readonly #rules: SimulatedRules;

  constructor(
    time: VirtualTime,
    names: readonly string[],
    random: () => number,
    behaviour: (version: string) => Behaviour,
    lag: () => number = () => 0,
    routes: RouteTable = "same",
    portsMove = false,
  ) {
    this.routes = routes;
    this.portsMove = portsMove;
    this.#rules = new SimulatedRules(time, lag);
    this.#time = time;
    this.#behaviour = behaviour;
    this.names = names;
    const of = (arn: string) => this.behaviourOf(arn);
    const reaches = (name: string) => (arn: string, port: number) =>
      this.taskDefinition(arn)?.port === port && this.ports(name).includes(port);
    for (const name of names) {
      const { path, priority } = routeOf(routes, name, "v1");
      this.#rules.add(name, {
        production: { weights: { blue: 100, green: 0 }, takes: closed, priority: priority + rulePriorities.production },
        preview: { weights: { blue: 0, green: 100 }, takes: path, priority: priority + rulePriorities.preview },
      });
      for (const colour of colours) {
        this.#services.set(
          `${name}-${colour}`,
          new SimulatedService(time, random, of, reaches(name), () => this.#remember()),
        );
        this.scaling.set(`${name}-${colour}`, { min: 1, max: 4, suspended: colour === "green" });
        this.groups.set(`${name}/${colour}`, path);
      }
    }
    this.#remember();
  }

  service(name: string): SimulatedService {
    const found = this.#services.get(name);
    if (!found) throw new Error(`the simulated cloud has no service ${name}`);
    return found;
  }

  taskDefinition(arn: string): TaskDefinition | undefined {
    return this.taskDefinitions.find((t) => t.arn === arn);
  }

  behaviourOf(taskDefinition: string | undefined): Behaviour {
    return this.#behaviour(this.taskDefinition(taskDefinition ?? "")?.version ?? "");
  }

  /** What the program does for one image: the same content is the same revision. */
  register(service: string, image: string, version: string): TaskDefinition {
    const known = this.taskDefinitions.findLast((t) => t.image === image && t.active);
    if (known) return known;
    const revision = this.taskDefinitions.filter((t) => t.arn.includes(`/${service}:`)).length + 1;
    const arn = `arn:aws:ecs:us-east-1:123456789012:task-definition/${service}:${revision}`;
    const port = portOf(this.portsMove, version);
    const made = { arn, image, version, release: `${service}-${version}`, port, active: true };
    this.taskDefinitions.push(made);
    return made;
  }

  ports(service: string): readonly number[] {
    return this.#ports.get(service) ?? [];
  }

  /** An update opens these ports of a service, and closes all others. */
  setPorts(service: string, ports: readonly number[]): void {
    this.#ports.set(service, ports);
    this.#remember();
  }

  rule(service: string, rule: Rule): RuleState {
    return this.#rules.of(service, rule);
  }

  get rules(): Rules {
    return this.#rules.all;
  }

  /** Opens a rule long before anything else happens: every node knows. */
  open(service: string, path: string): void {
    const production = { ...this.rule(service, "production"), takes: path };
    this.#rules.add(service, { production, preview: this.rule(service, "preview") });
  }

  setRules(changes: readonly RuleChange[]): void {
    this.#rules.write(changes);
    for (const { service, rule, change } of changes)
      if (rule === "production" && change.weights) this.byHand.delete(service);
    this.#remember();
  }

  setWeights(service: string, rule: Rule, weights: Weights): void {
    this.setRules([{ service, rule, change: { weights } }]);
  }

  /** Told whenever a node of the load balancer goes by other rules than before. */
  watchNodes(changed: () => void): void {
    this.#rules.changed = changed;
  }

  /** Who answers a path, by each node of the load balancer. */
  ownersOf(path: string): readonly (string | undefined)[] {
    return this.#rules.ownersOf(path);
  }

  /** The largest share that any node of the load balancer still gives the colour, in percent. */
  routed(service: string, colour: Colour): number {
    return this.#rules.routed(service, colour);
  }

  /** A person changes the rule in the console. */
  handSets(service: string, weights: Weights): void {
    this.setWeights(service, "production", weights);
    this.byHand.set(service, { weights, at: this.#time.now });
  }

  /** A person changes the task count of a service in the console. */
  handCounts(name: string, desired: number): void {
    this.service(name).resize(desired);
    this.countsByHand.set(name, { desired, at: this.#time.now });
  }

  /** What a request gets: the release of the task that answers, or nothing where no rule or no healthy target is. */
  answer(path: string, preview: boolean, share: number): string | undefined {
    const to = this.#rules.choose(path, preview, share);
    const arn = to && this.service(`${to.service}-${to.colour}`).answering();
    return arn === undefined ? undefined : this.taskDefinition(arn)?.release;
  }

  /** The newest view, or the one in force `staleMs` ago. */
  view(staleMs = 0): View {
    return this.viewAt(this.#time.now - staleMs);
  }

  viewAt(at: number): View {
    for (let i = this.history.length - 1; i > 0; i--) {
      const view = this.history[i] as View;
      if (view.at <= at) return view;
    }
    return this.history[0] as View;
  }

  /** Every view in force at some time in the last `ms`. */
  during(ms: number): readonly View[] {
    const from = this.#time.now - ms;
    const first = this.history.findLastIndex((v) => v.at <= from);
    return this.history.slice(Math.max(0, first));
  }

  #remember(): void {
    const services: Record<string, Record<Colour, ColourView>> = {};
    for (const name of this.names) {
      const of = (colour: Colour) => this.#services.get(`${name}-${colour}`)?.view() ?? nothing;
      services[name] = { blue: of("blue"), green: of("green") };
    }
    this.history.push({ at: this.#time.now, services, rules: this.#rules.all });
  }
}

const nothing: ColourView = { desired: 0, running: 0, healthy: 0, registered: 0, rollout: "NONE", failed: 0 };
