/**
 * The contract between the sandbox's front endpoint and the parts that answer AWS calls in place of moto.
 *
 * A handler is registered for an AWS SDK command class: its input arrives as that command's typed input (decoded from
 * the wire by the SDK's own schemas: numbers are numbers, dates are Dates, blobs are Uint8Arrays), and what it returns is
 * the command's typed output, rendered in the protocol the caller spoke.
 *
 *     export function install(cloud: CloudContext): void {
 *       cloud.handle(DescribeTargetHealthCommand, async (input, call) => {
 *         if (!known(input.TargetGroupArn)) throw awsError("TargetGroupNotFound", `Target group '…' not found`);
 *         const answer = await call.toMoto();               // moto's own answer, typed; its errors pass through when thrown
 *         return { ...answer, TargetHealthDescriptions: [] };
 *       });
 *     }
 */
import type { ChildProcess, SpawnOptions } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Client, Command, MetadataBearer } from "@smithy/types";

/** An AWS SDK command class, e.g. `CreateServiceCommand`. */
// biome-ignore lint/suspicious/noExplicitAny: the SDK's command types are invariant in client unions no caller needs here
export type CommandClass<I extends object, O extends MetadataBearer> = new (input: I) => Command<any, I, any, O, any>;

/** An AWS SDK client class, e.g. `ECSClient`. */
// biome-ignore lint/suspicious/noExplicitAny: each client has its own configuration type; only the common part is set here
export type ClientClass<C> = new (configuration: any) => C;
// biome-ignore lint/suspicious/noExplicitAny: a client accepts a union of its own commands, which has no common type
export type AnyClient = Client<any, any, any>;

/** One call as a handler sees it. */
export interface AwsCall<I extends object, O extends MetadataBearer> {
  /** SigV4 signing name: `ecs`, `elasticloadbalancing`, `monitoring`, … */
  readonly service: string;
  readonly operation: string;
  /** Account of the caller's credentials (moto isolates accounts entered with AssumeRole). */
  readonly account: string;
  readonly region: string;
  /** The AWS request id this call is answered with. */
  readonly requestId: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Sends the call to moto with the caller's credentials, with the same or another input; throws moto's AWS errors. */
  toMoto(input?: I): Promise<O>;
  /** A client for moto with the caller's credentials, for a handler that needs other operations. */
  moto<C>(client: ClientClass<C>): C;
}

/** What a handler returns: the command's output without the SDK's metadata. */
export type Answer<O extends MetadataBearer> = Omit<O, "$metadata"> & Partial<MetadataBearer>;
export type Handler<I extends object, O extends MetadataBearer> = (
  input: I,
  call: AwsCall<I, O>,
) => Promise<Answer<O>> | Answer<O>;

/** An AWS error as the wire knows it: code, message and HTTP status. Rendered in the caller's protocol. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  /** Further members of the exception's shape, e.g. a list of cancellation reasons. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, status = 400, members: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = "AwsError";
    this.code = code;
    this.status = status;
    this.members = members;
  }
}

export function awsError(code: string, message: string, status = 400): AwsError {
  return new AwsError(code, message, status);
}

/** Time as the cloud sees it. `wait` and `paced` take the time AWS would take and scale it by the pace. */
export interface Clock {
  now(): number;
  /** AWS's milliseconds in this cloud's milliseconds. */
  paced(awsMs: number): number;
  /** Resolves after `paced(awsMs)`; rejects with the signal's reason when aborted. Does not keep the process alive. */
  wait(awsMs: number, signal?: AbortSignal): Promise<void>;
}

/** Child processes of the cloud, recorded on disk so that the next start can end those of a killed run. */
export interface Processes {
  /** Spawns in a process group of its own and records pid and start time under `<dir>/pids`. Throws when it cannot start. */
  spawn(name: string, command: string, args: readonly string[], options?: SpawnOptions): ChildProcess;
  /** SIGTERM to the process, SIGKILL to its whole group after the grace (real milliseconds); resolves when it has ended. */
  stop(child: ChildProcess, graceMs: number, signal?: NodeJS.Signals): Promise<void>;
}

/** An image's unpacked root filesystem and OCI configuration. */
export interface UnpackedImage {
  /** `sha256:…` of the manifest. */
  readonly digest: string;
  /** Absolute path of the root filesystem; shared by every user of the image: treat as read-only. */
  readonly rootfs: string;
  readonly config: ImageConfig;
}

/** The `config` member of an OCI image configuration. */
export interface ImageConfig {
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Env?: readonly string[];
  readonly WorkingDir?: string;
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
}

/** What a part of the cloud is given when it is installed. */
export interface CloudContext {
  /** Data directory of the running cloud (`<dir>/cloud`): absolute, exists. */
  readonly dir: string;
  /** Scale of every wait; 1 = real time. */
  readonly pace: number;
  /** `http://127.0.0.1:<port>` of the front endpoint. */
  readonly endpoint: string;
  /** True when the endpoint listens on the port users know, so further ports should be well-known ones too. */
  readonly wellKnownPorts: boolean;
  readonly account: string;
  readonly region: string;
  readonly clock: Clock;
  readonly processes: Processes;

  /** Answers an operation in place of moto. A second handler for one operation is a programming error and throws. */
  handle<I extends object, O extends MetadataBearer>(command: CommandClass<I, O>, handler: Handler<I, O>): void;
  /** Serves plain HTTP under a path prefix of the endpoint, e.g. `/_switchyard/blobs/`. */
  route(prefix: string, serve: (request: IncomingMessage, response: ServerResponse) => Promise<void> | void): void;
  /** A client talking to moto directly as the default account; one per class. */
  moto<C>(client: ClientClass<C>): C;
  /** The same in another account. */
  inAccount(account: string): Promise<Pick<CloudContext, "moto">>;
  /** The same where a thing is, as its ARN says: its region, and moto's clients there. */
  at(arn: string | undefined): { readonly region: string } & Pick<CloudContext, "moto" | "log" | "clock" | "endpoint">;
  /**
   * Root filesystem and configuration of an image in this cloud's ECR. Accepts `<repositoryUri>@sha256:…`,
   * `<repositoryUri>:<tag>`; throws AwsError `ImageNotFoundException` for one that was never pushed.
   */
  unpackImage(reference: string): Promise<UnpackedImage>;
  /** Path of the PEM file with the authority that signs this cloud's databases' certificates. */
  databaseAuthority(): Promise<string>;

  /** Contributes a member to `GET /_switchyard/status`. */
  status(name: string, read: () => unknown): void;
  /** Called by `POST /_switchyard/reset`, before moto is emptied. */
  onReset(run: () => Promise<void> | void): void;
  /** Called once when the cloud stops, before moto ends; last registered first. */
  onStop(run: () => Promise<void> | void): void;
  /** One line in `<dir>/cloud.log`. */
  log(line: string): void;
}

/** What `sandbox/cloud/<part>/install.ts` exports. */
export type Install = (cloud: CloudContext) => Promise<void> | void;
