import { EngineError, messageOf } from "./errors.ts";
import type { EventSink } from "./events.ts";
import { shuttingDown } from "./grpc.ts";
import { Limit } from "./limit.ts";
import type { Registry } from "./registry.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Resource } from "./state.ts";
import type { Targets } from "./targets.ts";
import { parseReference } from "./urn.ts";
import type { Properties } from "./values.ts";

/** What judges resources, and may change their inputs first. */
export interface Judge {
  /** @throws EngineError naming what could not be started. */
  ready(): Promise<void>;
  /** Name and version of each pack. */
  readonly versions: Record<string, string>;
  judge(deployment: Deployment, resource: Resource): Promise<Properties>;
  judgeStack(deployment: Deployment): Promise<void>;
  close(): Promise<void>;
}

/** One running operation on a stack: its state, its providers, and what happened so far. */
export class Deployment {
  readonly project: string;
  readonly stack: string;
  readonly preview: boolean;
  readonly directory: string;
  readonly snapshot: Snapshot;
  readonly registry: Registry;
  readonly events: EventSink;
  policies: Judge;
  readonly targets: Targets;
  readonly limit: Limit;

  /** Resources this operation has seen, by URN; a second registration of one is an error. */
  readonly seen = new Set<string>();
  /** URNs deleted so far to be replaced; registering one again creates it anew. */
  readonly deleted = new Set<string>();
  readonly replaced = new Set<string>();
  /** Creations skipped because they are not targeted. */
  readonly skipped = new Set<string>();
  /** The former URN of a resource found through an alias. */
  readonly former = new Map<string, string>();
  readonly changes: Record<string, number> = {};

  /** What the program registered as the stack's outputs; they take effect when the operation ends. */
  stackOutputs: Properties | undefined;
  failed = false;
  private readonly stopped = Promise.withResolvers<never>();
  private isStopped = false;
  private readonly running = new Set<Promise<unknown>>();

  constructor(options: {
    project: string;
    stack: string;
    preview: boolean;
    directory: string;
    parallel: number;
    snapshot: Snapshot;
    registry: Registry;
    events: EventSink;
    policies: Judge;
    targets: Targets;
  }) {
    this.project = options.project;
    this.stack = options.stack;
    this.preview = options.preview;
    this.directory = options.directory;
    this.snapshot = options.snapshot;
    this.registry = options.registry;
    this.events = options.events;
    this.policies = options.policies;
    this.targets = options.targets;
    this.limit = new Limit(options.parallel);
    this.stopped.promise.catch(() => {});
  }

  /** The resource of this URN as it is now, or as it was before this operation reached it. */
  state(urn: string): Resource | undefined {
    return this.snapshot.get(urn) ?? this.snapshot.original.get(urn);
  }

  /** The provider of this reference, whether registered by this operation or in the state. */
  provider(reference: string): Resource | undefined {
    const { urn, id } = parseReference(reference);
    const known = [this.snapshot.get(urn), this.snapshot.original.get(urn), ...this.snapshot.remaining()];
    return known.find((resource) => resource?.urn === urn && resource.id === id);
  }

  count(op: string): void {
    this.changes[op] = (this.changes[op] ?? 0) + 1;
  }

  diagnose(severity: "info" | "info#err" | "warning" | "error", message: string, urn = ""): void {
    const prefix = severity.startsWith("info") ? "" : `${severity}: `;
    const diagnosticEvent = { urn, prefix, message: `${message}\n`, color: "never", severity };
    this.events.emit({ diagnosticEvent });
    if (severity === "error") this.failed = true;
  }

  /** Reports an error and lets nothing new begin; what is under way comes to its end. */
  fail(error: unknown, urn?: string): void {
    this.report(error, urn);
    this.stop();
  }

  /** Reports an error at the resource it is about. */
  report(error: unknown, urn?: string): void {
    const about = error instanceof EngineError && error.where.startsWith("urn:") ? error : undefined;
    const text = about ? `${about.what}. ${about.fix}` : messageOf(error);
    this.diagnose("error", text, about?.where ?? urn);
  }

  stop(): void {
    this.isStopped = true;
    this.stopped.reject(shuttingDown());
  }

  get stopping(): boolean {
    return this.isStopped;
  }

  /** Resolves when the operation stops before its end. */
  whenStopped(): Promise<void> {
    return this.stopped.promise.catch(() => {});
  }

  /** Runs `task` as part of the operation; answers at once with a shutdown when the operation stops before it ends. */
  async track<Result>(urn: string | undefined, task: () => Promise<Result>): Promise<Result> {
    if (this.isStopped) throw shuttingDown();
    const running = task().catch((error: unknown) => {
      if (!isShutdown(error)) this.fail(error, urn);
      throw shuttingDown();
    });
    this.running.add(running);
    const done = () => this.running.delete(running);
    running.then(done, done);
    return Promise.race([running, this.stopped.promise]);
  }

  /** Waits until nothing runs any more. */
  async idle(): Promise<void> {
    while (this.running.size > 0) await Promise.allSettled(this.running);
  }
}

/** A failure that has been reported already: it only unwinds. */
export function isShutdown(error: unknown): boolean {
  return error instanceof Error && !(error instanceof EngineError) && error.message === shuttingDown().message;
}
