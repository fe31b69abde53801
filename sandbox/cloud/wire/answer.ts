/** Renders answers and errors in the protocol the caller spoke. */
import { AwsError } from "../handlers.ts";
import type { Operation, Service } from "../services.ts";
import type { WireProtocol } from "./call.ts";
import { encodeQuery, encodeQueryError, escapeXml } from "./query.ts";
import { encodeRest } from "./rest.ts";

export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

export function encodeAnswer(service: Service, operation: Operation, output: object, requestId: string): WireAnswer {
  const { protocol, xmlNamespace, codec } = service;
  if (protocol === "restJson") return encodeRest(operation, output, codec);
  if (protocol === "json") {
    const serializer = codec.getPayloadCodec().createSerializer();
    const empty = operation.output === "unit";
    if (!empty) serializer.write(operation.output, output);
    const body = empty ? "{}" : (serializer.flush() as string | Uint8Array);
    return { status: 200, headers: { "content-type": "application/x-amz-json-1.1" }, body };
  }
  const ec2 = protocol === "ec2";
  const context = { operation: operation.name, xmlNamespace, requestId, ec2 };
  return {
    status: 200,
    headers: { "content-type": "text/xml" },
    body: encodeQuery(operation.output, output, context),
  };
}

export function encodeError(protocol: WireProtocol, error: AwsError, requestId: string, operation: string): WireAnswer {
  const { code, message, status, members } = error;
  if (protocol === "json" || protocol === "restJson") {
    const fault = status < 500 ? "Sender" : "Receiver";
    return {
      status,
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amzn-errortype": code,
        "x-amzn-query-error": `${code};${fault}`,
      },
      body: JSON.stringify({ ...members, __type: code, message }),
    };
  }
  if (protocol === "restXml") {
    const xml = `<Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message>`;
    return { status, headers: { "content-type": "application/xml" }, body: `<Error>${xml}</Error>` };
  }
  const context = { operation, xmlNamespace: "", requestId, ec2: protocol === "ec2" };
  return {
    status,
    headers: { "content-type": "text/xml" },
    body: encodeQueryError(code, message, status, context),
  };
}

interface SdkException {
  readonly name: string;
  readonly message: string;
  readonly Code?: string;
  readonly Error?: { readonly Code?: string };
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const sdkOnly = new Set([
  "name",
  "message",
  "stack",
  "Code",
  "Error",
  "Type",
  "$metadata",
  "$fault",
  "$response",
  "$retryable",
]);

/** An error thrown by a handler as the wire should carry it. Anything but an AWS error is a fault of the cloud's own. */
export function asAwsError(error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  if (error instanceof Error && "$metadata" in error) {
    const exception = error as unknown as SdkException;
    const status = exception.$metadata?.httpStatusCode ?? 500;
    const members = Object.fromEntries(
      Object.entries(error).filter(([name, value]) => !sdkOnly.has(name) && value !== undefined),
    );
    return new AwsError(exception.Code ?? exception.Error?.Code ?? exception.name, exception.message, status, members);
  }
  const message = error instanceof Error ? error.message : String(error);
  return new AwsError("InternalFailure", `The sandbox cloud failed: ${message}`, 500);
}
