/** A registered target: its health, its connections and what is in flight to it. */
import { Pool } from "undici";
import type { Clock } from "../handlers.ts";
import { checkTarget, type HealthCheck } from "./check.ts";
import {
  type CheckOutcome,
  isStarting,
  nextState,
  type Start,
  type TargetEvent,
  type TargetState,
  type Thresholds,
  unregistered,
} from "./health.ts";

export interface TargetAddress {
  readonly id: string;
  readonly port: number;
}

/** Whether the network lets the load balancer through to the target's own port, or to the one its health is checked at. */
export type Reach = (port?: number) => Promise<boolean>;

/** What a target needs to know of its group; read anew each time because the group can be modified. */
export interface GroupSettings {
  readonly protocol: "HTTP" | "HTTPS";
  readonly check: HealthCheck;
  readonly thresholds: Thresholds;
  /** AWS milliseconds (scaled by the pace where waited for). */
  readonly deregistrationDelayMs: number;
  readonly idleTimeoutMs: number;
}

/** A request or a tunnelled socket under way; `cut` ends it by force. */
export interface InFlight {
  readonly kind: "request" | "websocket";
  cut(): void;
}

/** How long a load balancer tries to connect ("Troubleshoot your Application Load Balancers", HTTP 504). */
const connectTimeoutMs = 10_000;
/** Checks more often than this would measure this machine rather than the target. */
const shortestIntervalMs = 100;
/** One that is well needs fewer to stay it: ten targets looked at ten times a second cost as much as a load does. */
const shortestIntervalWhenWellMs = 400;
/** A process answers at its own speed whatever the pace, so a scaled time-out never goes below this (or its real value). */
const shortestTimeoutMs = 1000;

export class Target {
  readonly address: TargetAddress;
  readonly inFlight = new Set<InFlight>();
  state: TargetState = unregistered;
  /** As of the last health check: connections are neither taken nor refused. */
  blocked = false;
  /** Resolves once the target has left its group for good. */
  readonly drained: Promise<void>;
  #settings: () => GroupSettings;
  #clock: Clock;
  #changed: (target: Target) => void;
  #reach: Reach;
  #gone: () => void = () => {};
  #checks?: AbortController;
  #drain?: AbortController;
  #pool?: Pool;

  constructor(
    address: TargetAddress,
    settings: () => GroupSettings,
    clock: Clock,
    changed: (target: Target) => void,
    reach: Reach = async () => true,
  ) {
    this.address = address;
    this.#settings = settings;
    this.#clock = clock;
    this.#changed = changed;
    this.#reach = reach;
    this.drained = new Promise((resolve) => {
      this.#gone = resolve;
    });
  }

  /** Pooled keep-alive connections to the target. */
  get pool(): Pool {
    this.#pool ??= new Pool(`${this.#settings().protocol.toLowerCase()}://${this.address.id}:${this.address.port}`, {
      connect: { rejectUnauthorized: false, timeout: connectTimeoutMs },
      headersTimeout: this.#settings().idleTimeoutMs,
      bodyTimeout: this.#settings().idleTimeoutMs,
    });
    return this.#pool;
  }

  register(attached: boolean): void {
    this.#drain?.abort();
    this.apply({ kind: "registered", attached });
  }

  apply(event: TargetEvent): void {
    const before = this.state;
    this.state = nextState(before, event, this.#settings().thresholds);
    const checked = !["unused", "draining"].includes(this.state.phase);
    if (checked && this.#checks === undefined) void this.#checkUntilStopped();
    if (!checked) this.#stopChecks();
    if (before.phase !== this.state.phase) this.#changed(this);
  }

  /**
   * No new requests from now on; those in flight may finish within the deregistration delay and are then cut. Resolves
   * with what had to be cut. The state stays `draining` for the whole delay, as it does in AWS.
   */
  async deregister(): Promise<readonly InFlight[]> {
    this.apply({ kind: "deregistered" });
    this.#drain = new AbortController();
    try {
      await this.#clock.wait(this.#settings().deregistrationDelayMs, this.#drain.signal);
    } catch {
      return []; // registered again, or closed
    }
    return this.close();
  }

  /** Ends everything at once; answers what was still in flight. */
  close(): readonly InFlight[] {
    this.#stopChecks();
    this.#drain?.abort();
    const cut = [...this.inFlight];
    for (const flight of cut) flight.cut();
    this.inFlight.clear();
    void this.#pool?.destroy().catch(() => {});
    this.#gone();
    return cut;
  }

  /** The settings of its group's health checks are others now. */
  checkAnew(): void {
    if (this.#checks === undefined) return;
    this.#stopChecks();
    void this.#checkUntilStopped();
  }

  /** Milliseconds until the load balancer gives up connecting to a target that is blocked. */
  get connectTimeoutMs(): number {
    return this.#clock.paced(connectTimeoutMs);
  }

  #stopChecks(): void {
    this.#checks?.abort();
    this.#checks = undefined;
  }

  async #check(check: HealthCheck, timeoutMs: number, signal: AbortSignal): Promise<CheckOutcome> {
    // A firewall that cannot be read (moto is on its way down) is none.
    const reaches = (port?: number) => this.#reach(port).catch(() => true);
    const [reached, open] = await Promise.all([reaches(check.port), reaches()]);
    this.blocked = !open;
    if (reached) return checkTarget(this.address, check, timeoutMs, signal);
    await sleep(timeoutMs, signal);
    return { kind: "timeout" };
  }

  async #checkUntilStopped(): Promise<void> {
    const controller = new AbortController();
    this.#checks = controller;
    const { signal } = controller;
    const start: Start = { begunAt: this.#clock.now() };
    try {
      while (!signal.aborted) {
        const startedAt = this.#clock.now();
        const { check, thresholds } = this.#settings();
        this.apply({ kind: "checking" });
        const timeoutMs = Math.max(this.#clock.paced(check.timeoutMs), Math.min(check.timeoutMs, shortestTimeoutMs));
        const outcome = await this.#check(check, timeoutMs, signal);
        if (signal.aborted) return;
        const now = this.#clock.now();
        if (outcome.kind === "wrong-code") start.answeredAt ??= now;
        this.apply({
          kind: "checked",
          outcome,
          starting: isStarting(start, now, thresholds.unhealthy * check.intervalMs),
        });
        const isWell = this.state.phase === "healthy" && this.state.fails === 0;
        const shortestMs = Math.min(check.intervalMs, isWell ? shortestIntervalWhenWellMs : shortestIntervalMs);
        const intervalMs = Math.max(this.#clock.paced(check.intervalMs), shortestMs);
        await sleep(startedAt + intervalMs - this.#clock.now(), signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, Math.max(0, ms));
    timer.unref();
    function done() {
      signal.removeEventListener("abort", stop);
      resolve();
    }
    function stop() {
      clearTimeout(timer);
      reject(signal.reason);
    }
    signal.addEventListener("abort", stop, { once: true });
  });
}
