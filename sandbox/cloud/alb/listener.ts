/** One listener: a real HTTP(S) server that routes each request by the rules in force. */
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import https from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Action } from "@aws-sdk/client-elastic-load-balancing-v2";
import { redirectUrl, sendError, sendFixed, sendRedirect, sendSocketError, splitUrl } from "./answers.ts";
import { boundTo, chooseGroup, forwardOf, groupCookie, readCookie, setCookies, targetCookie } from "./forward.ts";
import type { Group } from "./group.ts";
import { forwardedHeaders } from "./headers.ts";
import { type ProxyResult, proxy } from "./proxy.ts";
import { type CompiledRule, chooseRule, type RequestFacts } from "./rules.ts";
import type { Target } from "./target.ts";
import { tunnel } from "./tunnel.ts";

/** One request as the load balancer's access log would have it. */
export interface RequestRecord {
  /** Milliseconds since 1970, when the request arrived. */
  readonly at: number;
  readonly loadBalancer: string;
  readonly rule?: string;
  readonly targetGroup?: string;
  readonly target?: string;
  readonly method: string;
  readonly path: string;
  /** What the client got; 460 when it went away first. */
  readonly status: number;
  readonly targetStatus?: number;
  readonly ms: number;
  readonly targetMs?: number;
}

/** What a listener needs of the cloud around it. */
export interface ListenerContext {
  readonly loadBalancer: string;
  readonly protocol: "HTTP" | "HTTPS";
  /** The port AWS knows. */
  readonly port: number;
  now(): number;
  paced(awsMs: number): number;
  random(): number;
  idleTimeoutMs(): number;
  group(arn: string): Group | undefined;
  boundPort(protocol: string, port: string): string;
  record(entry: RequestRecord): void;
}

/** A request as it came, and where it is to go. */
interface Arrival {
  readonly at: number;
  readonly startedAt: number;
  readonly facts: RequestFacts;
  readonly rule: CompiledRule | undefined;
  readonly action: Action | undefined;
  readonly choice: Choice | undefined;
}

interface Choice {
  readonly group: Group;
  readonly target: Target | undefined;
  readonly cookies: readonly string[];
}

/** A load balancer has at least a node in each of its zones; this many show that they learn of a change one by one. */
const nodes = 3;

export class Listener {
  readonly context: ListenerContext;
  /** The rules in force, node by node: each has some of the connections. */
  readonly nodes: (readonly CompiledRule[])[] = Array.from({ length: nodes }, () => []);
  /** Headers of every answer, whoever gives it. */
  given: readonly (readonly [name: string, value: string])[] = [];
  #connections = new WeakMap<Socket, number>();
  #server: http.Server;
  #sockets = new Set<Duplex>();

  constructor(context: ListenerContext, certificate?: { readonly key: string; readonly cert: string }) {
    this.context = context;
    const options = { keepAliveTimeout: context.idleTimeoutMs(), requestTimeout: 0, insecureHTTPParser: false };
    this.#server =
      context.protocol === "HTTPS" ? https.createServer({ ...options, ...certificate }) : http.createServer(options);
    this.#server.on("request", (request, response) => void this.#onRequest(request, response));
    this.#server.on("upgrade", (request, socket, head) => void this.#onUpgrade(request, socket, head));
    let connected = 0;
    this.#server.on("connection", (socket: Socket) => {
      this.#connections.set(socket, connected++ % nodes);
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  listen(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, "127.0.0.1", () => resolve((this.#server.address() as AddressInfo).port));
    });
  }

  /** Undefined while it does not listen. */
  get boundPort(): number | undefined {
    return (this.#server.address() as AddressInfo | null)?.port;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  #facts(request: IncomingMessage): RequestFacts {
    return {
      method: request.method ?? "GET",
      ...splitUrl(request),
      host: (request.headers.host ?? "").replace(/:\d+$/, ""),
      headers: request.headers,
      sourceIp: request.socket.remoteAddress ?? "127.0.0.1",
    };
  }

  #arrive(request: IncomingMessage): Arrival {
    const facts = this.#facts(request);
    const rules = this.nodes[this.#connections.get(request.socket) ?? 0] ?? [];
    const rule = chooseRule(rules, facts);
    const action = rule?.actions.at(-1);
    const choice = action?.Type === "forward" ? this.#choose(action, request) : undefined;
    return { at: this.context.now(), startedAt: performance.now(), facts, rule, action, choice };
  }

  async #onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrival = this.#arrive(request);
    const { choice } = arrival;
    for (const [name, value] of this.given) response.setHeader(name, value);
    const result =
      choice?.target === undefined
        ? { status: this.#answer(arrival, request, response) }
        : await proxy(request, response, choice.target, this.#headers(request, arrival.at), choice.cookies);
    this.#record(arrival, result);
  }

  async #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const arrival = this.#arrive(request);
    const { choice } = arrival;
    if (choice?.target === undefined) {
      socket.on("error", () => {});
      sendSocketError(socket, 503);
      this.#record(arrival, { status: 503 });
      return;
    }
    const result = await tunnel(request, socket, head, choice.target, this.#headers(request, arrival.at), {
      secure: choice.group.settings.protocol === "HTTPS",
      idleTimeoutMs: this.context.idleTimeoutMs(),
    });
    this.#record(arrival, result);
  }

  #headers(request: IncomingMessage, now: number): string[] {
    const { protocol, port } = this.context;
    const clientIp = request.socket.remoteAddress ?? "127.0.0.1";
    const hop = { clientIp, protocol: protocol === "HTTPS" ? "https" : "http", port } as const;
    return forwardedHeaders(request.rawHeaders, request.headers, hop, now);
  }

  /** What needs no target, and 503 when there is none. */
  #answer({ action, facts }: Arrival, request: IncomingMessage, response: ServerResponse): number {
    request.resume();
    if (action?.Type === "fixed-response" && action.FixedResponseConfig !== undefined) {
      return sendFixed(response, action.FixedResponseConfig);
    }
    if (action?.Type === "redirect" && action.RedirectConfig !== undefined) {
      const status = action.RedirectConfig.StatusCode === "HTTP_301" ? 301 : 302;
      const redirect = { ...facts, protocol: this.context.protocol, port: this.context.port };
      sendRedirect(response, status, redirectUrl(action.RedirectConfig, redirect, this.context.boundPort));
      return status;
    }
    sendError(response, 503);
    return 503;
  }

  #choose(action: Action, request: IncomingMessage): Choice | undefined {
    const forward = forwardOf(action);
    const now = this.context.now();
    const arn = chooseGroup(forward, readCookie(request.headers.cookie, groupCookie), now, this.context.random());
    const group = arn === undefined ? undefined : this.context.group(arn);
    if (arn === undefined || group === undefined) return undefined;
    const cookies: string[] = [];
    if (forward.stickySeconds !== undefined) {
      const until = now + this.context.paced(forward.stickySeconds * 1000);
      cookies.push(...setCookies(groupCookie, { to: arn, until }));
    }
    const stickiness = group.stickiness;
    if (stickiness === undefined) return { group, target: group.pick(), cookies };
    const bound = boundTo(readCookie(request.headers.cookie, targetCookie), group.keys(), now);
    const target = (bound === undefined ? undefined : group.find(bound)) ?? group.pick();
    if (target !== undefined) {
      const to = `${target.address.id}:${target.address.port}`;
      cookies.push(...setCookies(targetCookie, { to, until: now + this.context.paced(stickiness.seconds * 1000) }));
    }
    return { group, target, cookies };
  }

  #record({ at, startedAt, facts, rule, choice }: Arrival, result: ProxyResult): void {
    const address = choice?.target?.address;
    this.context.record({
      at,
      loadBalancer: this.context.loadBalancer,
      rule: rule?.arn,
      targetGroup: choice?.group.arn,
      target: address === undefined ? undefined : `${address.id}:${address.port}`,
      method: facts.method,
      path: facts.path,
      ...result,
      ms: performance.now() - startedAt,
    });
  }
}
