import type { Weights } from "../../../automation/deploy/decide/model.ts";
import type { Colour } from "../../../programs/release.ts";
import { closed, covers } from "../../../programs/routes.ts";
import type { VirtualTime } from "./time.ts";

export type Rule = "production" | "preview";

export interface RuleState {
  readonly weights: Weights;
  /** A path, taken with all below it, or `closed`. */
  readonly takes: string;
  readonly priority: number;
}

export type Rules = Readonly<Record<string, Readonly<Record<Rule, RuleState>>>>;

export interface RuleChange {
  readonly service: string;
  readonly rule: Rule;
  readonly change: Partial<RuleState>;
}

type Field = keyof RuleState;

/** What one node of the load balancer goes by, and which write of each field it knows. */
type Node = Map<string, { state: RuleState; readonly known: Record<Field, number> }>;

/** Nodes of the load balancer; each has some of the requests. */
const nodes = 3;

/** A listener's rules as they were written, and as each node of the load balancer knows them. */
export class SimulatedRules {
  #rules: Record<string, Record<Rule, RuleState>> = {};
  readonly #nodes: Node[] = Array.from({ length: nodes }, () => new Map());
  readonly #time: VirtualTime;
  /** How long a write takes to reach a node, in milliseconds. */
  readonly #lag: () => number;
  #writes = 0;
  /** Called whenever a node has learnt of something. */
  changed: () => void = () => undefined;

  constructor(time: VirtualTime, lag: () => number) {
    this.#time = time;
    this.#lag = lag;
  }

  get all(): Rules {
    return Object.fromEntries(Object.entries(this.#rules).map(([name, rules]) => [name, { ...rules }]));
  }

  add(service: string, rules: Record<Rule, RuleState>): void {
    this.#rules[service] = rules;
    for (const node of this.#nodes)
      for (const rule of ["production", "preview"] as const)
        node.set(`${service} ${rule}`, { state: rules[rule], known: { weights: 0, takes: 0, priority: 0 } });
  }

  of(service: string, rule: Rule): RuleState {
    return (this.#rules[service] as Record<Rule, RuleState>)[rule];
  }

  /** One call: every node learns of all of it at once, at a time of its own; none goes back to what was written before. */
  write(changes: readonly RuleChange[]): void {
    this.#writes += 1;
    const write = this.#writes;
    for (const { service, rule, change } of changes)
      (this.#rules[service] as Record<Rule, RuleState>)[rule] = { ...this.of(service, rule), ...change };
    for (const node of this.#nodes) {
      const apply = () => {
        for (const one of changes) learn(node, one, write);
        this.changed();
      };
      const lag = this.#lag();
      if (lag === 0) apply();
      else this.#time.after(lag, apply);
    }
  }

  /** The largest share that any node still gives the colour of the requests its rule takes, in percent. */
  routed(service: string, colour: Colour): number {
    return Math.max(...this.#nodes.map((node) => shareOf(node.get(`${service} production`)?.state, colour)));
  }

  /** Who answers a path, by each node. */
  ownersOf(path: string): readonly (string | undefined)[] {
    return this.#nodes.map((node) => firstOf(node, path, false)?.service);
  }

  /** Whose colour a request goes to; undefined where no rule takes it. */
  choose(path: string, preview: boolean, share: number): { service: string; colour: Colour } | undefined {
    // The same number picks node and colour: its fraction within a node's share is as evenly spread.
    const first = firstOf(this.#nodes[Math.floor(share * nodes)] as Node, path, preview);
    if (!first) return undefined;
    const { blue, green } = first.weights;
    return { service: first.service, colour: ((share * nodes) % 1) * (blue + green) < blue ? "blue" : "green" };
  }
}

/** The rule of a node that takes requests to a path. */
function firstOf(node: Node, path: string, preview: boolean): (RuleState & { service: string }) | undefined {
  return [...node]
    .map(([name, { state }]) => ({ service: name.split(" ")[0] ?? "", rule: name.split(" ")[1], ...state }))
    .filter(({ rule, takes }) => (rule === "production" || preview) && takes !== closed && covers(takes, path))
    .sort((a, b) => a.priority - b.priority)[0];
}

/** The share of a service's requests that a rule gives a colour, in percent; none while it takes none. */
export function shareOf(rule: RuleState | undefined, colour: Colour): number {
  return rule === undefined || rule.takes === closed ? 0 : rule.weights[colour];
}

function learn(node: Node, { service, rule, change }: RuleChange, write: number): void {
  const here = node.get(`${service} ${rule}`);
  if (!here) return;
  for (const field of Object.keys(change) as Field[]) {
    if (here.known[field] >= write) continue;
    here.known[field] = write;
    here.state = { ...here.state, [field]: change[field] };
  }
}
