import type { Weights } from "../../../automation/deploy/model.ts";
import { type Colour, colours } from "../../../programs/release.ts";
import { SimulatedDatabase } from "./database.ts";
import { type Behaviour, type ColourView, SimulatedService } from "./ecs.ts";
import type { VirtualTime } from "./time.ts";

export type Rule = "production" | "preview";

/** What AWS would say at one moment. */
export interface View {
  readonly at: number;
  readonly services: Readonly<Record<string, Readonly<Record<Colour, ColourView>>>>;
  readonly weights: Readonly<Record<string, Readonly<Record<Rule, Weights>>>>;
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
  active: boolean;
}

/** Weights as a node knows them, and by which write it does. */
interface Routed {
  readonly weights: Weights;
  readonly write: number;
}

/** Nodes of the load balancer; each has some of the requests. */
const nodes = 3;

/** A small model of the account: ECS services, listener rules, scalable targets, task definitions, a migration function. */
export class SimulatedCloud {
  readonly names: readonly string[];
  readonly taskDefinitions: TaskDefinition[] = [];
  readonly scaling = new Map<string, ScalingTarget>();
  readonly database = new SimulatedDatabase();
  readonly history: View[] = [];
  /** Weights a hand has set, by service, until the driver writes over them. */
  readonly byHand = new Map<string, { readonly weights: Weights; readonly at: number }>();
  /** Task counts a hand has set, by ECS service, until the driver writes over them. */
  readonly countsByHand = new Map<string, { readonly desired: number; readonly at: number }>();
  readonly #time: VirtualTime;
  readonly #behaviour: (version: string) => Behaviour;
  readonly #services = new Map<string, SimulatedService>();
  readonly #weights: Record<string, Record<Rule, Weights>> = {};
  /** What each node of the load balancer routes by. */
  readonly #nodes: Record<string, Record<Rule, Routed>>[] = [];
  /** How long a write takes to reach a node, in milliseconds. */
  readonly #lag: () => number;
  #writes = 0;

  constructor(
    time: VirtualTime,
    names: readonly string[],
    random: () => number,
    behaviour: (version: string) => Behaviour,
    lag: () => number = () => 0,
  ) {
    this.#lag = lag;
    this.#time = time;
    this.#behaviour = behaviour;
    this.names = names;
    const of = (arn: string) => this.behaviourOf(arn);
    for (const name of names) {
      this.#weights[name] = { production: { blue: 100, green: 0 }, preview: { blue: 0, green: 100 } };
      for (const colour of colours) {
        this.#services.set(`${name}-${colour}`, new SimulatedService(time, random, of, () => this.#remember()));
        this.scaling.set(`${name}-${colour}`, { min: 1, max: 4, suspended: colour === "green" });
      }
    }
    for (let i = 0; i < nodes; i++)
      this.#nodes.push(
        Object.fromEntries(
          names.map((name) => {
            const { production, preview } = this.#weights[name] as Record<Rule, Weights>;
            return [name, { production: { weights: production, write: 0 }, preview: { weights: preview, write: 0 } }];
          }),
        ),
      );
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
    const made = { arn, image, version, release: `${service}-${version}`, active: true };
    this.taskDefinitions.push(made);
    return made;
  }

  weightsOf(service: string): Weights {
    return (this.#weights[service] as Record<Rule, Weights>).production;
  }

  setWeights(service: string, rule: Rule, weights: Weights): void {
    (this.#weights[service] as Record<Rule, Weights>)[rule] = weights;
    this.#propagate(service, rule, weights);
    if (rule === "production") this.byHand.delete(service);
    this.#remember();
  }

  /** Every node learns of it at a time of its own; none goes back to what was written before. */
  #propagate(service: string, rule: Rule, weights: Weights): void {
    this.#writes += 1;
    const write = this.#writes;
    for (const node of this.#nodes) {
      const rules = node[service] as Record<Rule, Routed>;
      const apply = () => {
        if (rules[rule].write < write) rules[rule] = { weights, write };
      };
      const lag = this.#lag();
      if (lag === 0) apply();
      else this.#time.after(lag, apply);
    }
  }

  /** The largest share that any node of the load balancer still gives the colour, in percent. */
  routed(service: string, colour: Colour): number {
    return Math.max(...this.#nodes.map((node) => node[service]?.production.weights[colour] ?? 0));
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

  /** What a request gets: the release of the task that answers, or nothing where no target is healthy. */
  answer(service: string, rule: Rule, share: number): string | undefined {
    // The same number picks node and colour: its fraction within a node's share is as evenly spread.
    const node = this.#nodes[Math.floor(share * nodes)] as Record<string, Record<Rule, Routed>>;
    const { blue, green } = (node[service] as Record<Rule, Routed>)[rule].weights;
    const colour = ((share * nodes) % 1) * (blue + green) < blue ? "blue" : "green";
    const arn = this.service(`${service}-${colour}`).answering();
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
    const weights = Object.fromEntries(Object.entries(this.#weights).map(([name, rules]) => [name, { ...rules }]));
    this.history.push({ at: this.#time.now, services, weights });
  }
}

const nothing: ColourView = { desired: 0, running: 0, healthy: 0, registered: 0, rollout: "NONE", failed: 0 };
