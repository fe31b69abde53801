/** The table of handlers, by service and operation, and the plain HTTP routes. */
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import type { MetadataBearer } from "@smithy/types";
import {
  type AnyClient,
  type AwsCall,
  AwsError,
  type ClientClass,
  type CloudContext,
  type CommandClass,
  type Handler,
} from "./handlers.ts";
import { lacking } from "./moto/server.ts";
import { type Operation, operationOf, type Service, serviceOf } from "./services.ts";
import { encodeAnswer, type WireAnswer } from "./wire/answer.ts";
import type { RecognisedCall } from "./wire/call.ts";
import { decodeQuery } from "./wire/query.ts";
import { decodeRest, type RestRequest } from "./wire/rest.ts";

export interface IncomingCall {
  readonly call: RecognisedCall;
  readonly request: RestRequest;
  readonly form: URLSearchParams | undefined;
  readonly requestId: string;
}

/** The sandbox's own, and an image registry's (OCI distribution specification). */
const own = /^\/(_switchyard|v2)\//;

type Answerer = (incoming: IncomingCall) => Promise<WireAnswer>;
type Route = Parameters<CloudContext["route"]>[1];

export interface Registry extends Pick<CloudContext, "handle" | "route"> {
  handlerOf(service: string, operation: string): Answerer | undefined;
  routeOf(path: string): Route | undefined;
  /** A client for moto as the owner of an access key. */
  motoClient<C>(client: ClientClass<C>, accessKey: string, region: string): C;
  /** An access key of an account, for calls of the cloud's own. */
  keyOf(account: string): Promise<string>;
  /** Forgets whose account an access key belongs to (moto was emptied). */
  reset(): void;
  close(): void;
}

export function createRegistry(options: { motoEndpoint: string; account: string }): Registry {
  const answerers = new Map<string, Answerer>();
  const routes = new Map<string, Route>();
  const clients = new Map<string, AnyClient>();
  const accounts = new Map<string, Promise<string>>();
  const keys = new Map<string, Promise<string>>();

  function motoClient<C>(client: ClientClass<C>, accessKey: string, region: string): C {
    const key = `${client.name} ${accessKey} ${region}`;
    let made = clients.get(key);
    if (!made) {
      const credentials = { accessKeyId: accessKey || "sandbox", secretAccessKey: "sandbox" };
      made = new client({
        endpoint: options.motoEndpoint,
        region,
        credentials,
        maxAttempts: 1,
      }) as unknown as AnyClient;
      clients.set(key, made);
    }
    return made as unknown as C;
  }

  function keyOf(account: string): Promise<string> {
    let key = keys.get(account);
    if (key === undefined) {
      const role = { RoleArn: `arn:aws:iam::${account}:role/sandbox`, RoleSessionName: "sandbox" };
      const given = motoClient(STSClient, "sandbox", "us-east-1").send(new AssumeRoleCommand(role));
      key = given.then(({ Credentials }) => Credentials?.AccessKeyId ?? "");
      keys.set(account, key);
    }
    return key;
  }

  // Only keys AWS itself hands out can belong to another account; any other key is the default account's.
  function accountOf(accessKey: string): Promise<string> {
    if (!/^A[SK]IA/.test(accessKey)) return Promise.resolve(options.account);
    let account = accounts.get(accessKey);
    if (!account) {
      const identity = motoClient(STSClient, accessKey, "us-east-1").send(new GetCallerIdentityCommand({}));
      account = identity.then((answer) => answer.Account ?? options.account);
      accounts.set(accessKey, account);
    }
    return account;
  }

  return {
    handle<I extends object, O extends MetadataBearer>(command: CommandClass<I, O>, handler: Handler<I, O>): void {
      const operation = operationOf(command as unknown as new (input: never) => object);
      const service = serviceOf(operation.namespace);
      const key = `${service.signingName}:${operation.name}`;
      if (answerers.has(key)) throw new Error(`${key} has a handler already`);
      answerers.set(key, async ({ call, request, form, requestId }) => {
        const input = (await decode(service, operation, call, request, form)) as I;
        const { accessKey, region } = call;
        const seen: AwsCall<I, O> = {
          service: service.signingName,
          operation: operation.name,
          account: await accountOf(accessKey),
          region,
          requestId,
          headers: request.headers,
          moto: (client) => motoClient(client, accessKey, region),
          toMoto: (other) => {
            const client = motoClient(service.client, accessKey, region);
            return sendToMoto<O>(client, new command(other ?? input), service.signingName, operation.name);
          },
        };
        return encodeAnswer(service, operation, await handler(input, seen), requestId);
      });
    },
    route: (prefix, serve) => {
      if (!own.test(prefix)) throw new Error(`A route must be below /_switchyard/ or /v2/: "${prefix}"`);
      routes.set(prefix, serve);
    },
    handlerOf: (service, operation) => answerers.get(`${service}:${operation}`),
    routeOf: (path) => {
      if (!own.test(path)) return undefined;
      const found = [...routes].find(
        ([prefix]) => path === prefix || (prefix.endsWith("/") && path.startsWith(prefix)),
      );
      return found?.[1] ?? ((_, response) => void response.writeHead(404).end(`Nothing is served at ${path}\n`));
    },
    motoClient,
    keyOf,
    reset: () => {
      accounts.clear();
      keys.clear();
    },
    close: () => {
      for (const client of clients.values()) client.destroy();
    },
  };
}

async function sendToMoto<O>(client: AnyClient, command: object, service: string, operation: string): Promise<O> {
  try {
    return (await client.send(command as never)) as O;
  } catch (error) {
    const { $response } = error as { $response?: { headers?: Record<string, string> } };
    if ($response?.headers?.["content-type"]?.startsWith("text/html")) throw lacking(service, operation);
    throw error;
  }
}

async function decode(
  service: Service,
  operation: Operation,
  call: RecognisedCall,
  request: RestRequest,
  form: URLSearchParams | undefined,
): Promise<object> {
  try {
    if (service.protocol === "restJson") return await decodeRest(operation, { ...call.labels }, request, service.codec);
    if (service.protocol === "query" || service.protocol === "ec2") {
      return decodeQuery(operation.input, form ?? request.url.searchParams, service.protocol === "ec2");
    }
    if (operation.input === "unit" || request.body.length === 0) return {};
    return await service.codec.getPayloadCodec().createDeserializer().read(operation.input, request.body);
  } catch (error) {
    throw new AwsError(
      "SerializationException",
      `The request of ${operation.name} is not readable: ${(error as Error).message}`,
    );
  }
}
